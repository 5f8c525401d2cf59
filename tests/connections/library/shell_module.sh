#!/bin/sh
# WANT_JSON
echo '{"changed": false, "from": "shell"}'
