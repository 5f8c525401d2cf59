# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contrast of the texts of a page with their background, as WCAG 2 defines it."""

ENOUGH = 4.5  # level AA. Text of 14pt bold or 18pt would need less.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const luminance = colors => {
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(value => value / 255)
      .map(value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = node => node ? [...behind(node.parentElement), getComputedStyle(node).backgroundColor] : ["white"];
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest(".offscreen, :disabled")) continue;
    const back = behind(node);
    const [one, other] = [luminance([...back, getComputedStyle(node).color]), luminance(back)];
    const contrast = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
    found.push([contrast, walker.currentNode.data.slice(0, 30), back]);
  }
  return found.sort(([one], [other]) => one - other);
}"""
"""JavaScript: of each text that is shown, its contrast, its beginning, and the backgrounds that lie under it; the lowest contrast first."""
