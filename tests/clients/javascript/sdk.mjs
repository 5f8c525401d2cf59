// SPDX-License-Identifier: GPL-3.0-or-later
// Makes calls with the AWS SDK for JavaScript: node sdk.mjs VERSION, which is 2 or 3. Reads JSON objects, one per line: the options
// of a client, and then calls, {service, operation, input, pages}. Answers each call with a line, {output} or {error}. With pages,
// the number of items in a page, the output is the list of all pages.
import readline from "node:readline";

// Names of classes, by the service's name in botocore.
const CLASSES = {
  cloudtrail: "CloudTrail", iam: "IAM", kms: "KMS", logs: "CloudWatchLogs", organizations: "Organizations", s3: "S3", sts: "STS",
};
const PACKAGES = { ...Object.fromEntries(Object.keys(CLASSES).map((name) => [name, name])), logs: "cloudwatch-logs" };

const third = {
  clients: {},
  async client(service) {
    const module = await import(`@aws-sdk/client-${PACKAGES[service]}`);
    this.clients[service] ??= new module[`${CLASSES[service]}Client`](config);
    return [module, this.clients[service]];
  },
  async call({ service, operation, input, pages }) {
    const [module, client] = await this.client(service);
    if (!pages) {
      return client.send(new module[`${operation}Command`](input));
    }
    const found = [];
    for await (const page of module[`paginate${operation}`]({ client, pageSize: pages }, input)) {
      found.push(page);
    }
    return found;
  },
};

const second = {
  async call({ service, operation, input, pages }) {
    const { default: AWS } = await import("aws-sdk");
    const name = operation[0].toLowerCase() + operation.slice(1);
    const request = new AWS[CLASSES[service]](config)[name](input);
    if (!pages) {
      return request.promise();
    }
    return new Promise((resolve, reject) => {
      const found = [];
      request.eachPage((error, page) => {
        if (error) {
          reject(error);
        } else if (page) {
          found.push(page);
        } else {
          resolve(found);
        }
      });
    });
  },
};

const sdk = process.argv[2] === "2" ? second : third;
let config;
for await (const line of readline.createInterface({ input: process.stdin })) {
  if (!config) {
    config = JSON.parse(line);
    continue;
  }
  let answer;
  try {
    answer = { output: (await sdk.call(JSON.parse(line))) ?? {} };
  } catch (error) {
    answer = { error: { code: error.code ?? error.name, message: error.message, status: error.statusCode ?? error.$metadata?.httpStatusCode } };
  }
  delete answer.output?.$metadata;
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
