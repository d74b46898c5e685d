#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# browse_page.py CHROMIUM FOLDER NAME: looks at the pages of pages_are_safe_in_a_browser.sh.
import os
import sys
import urllib.parse

from browser import Browser

chromium, folder, name = sys.argv[1], sys.argv[2], os.fsencode(sys.argv[3])
with open(os.path.join(os.fsencode(folder), name), "rb") as file:
    content = file.read()

# The bytes that a node shows: of text itself, of boxes what they stand for.
SHOWN_BYTES = """(selector) => {
  const all = [], walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return all.push(...new TextEncoder().encode(node.data));
    if (node.className === 'byte') return all.push(parseInt(node.textContent, 16));
    if (node.className === 'control')
      return all.push(...new TextEncoder().encode(String.fromCodePoint(parseInt(node.textContent.replace('U+', ''), 16))));
    node.childNodes.forEach(walk);
  };
  document.querySelectorAll(selector).forEach(walk);
  return all;
}"""


def shown(browser, selector):
    return bytes(browser.value(f"({SHOWN_BYTES})({selector!r})"))


def center(browser, selector):
    return browser.value(f"""(async () => {{
      const node = document.querySelector({selector!r});
      node.scrollIntoView({{block: 'center'}});
      // The page hears of it with the next picture.
      for (let i = 0; i < 2; ++i) await new Promise(requestAnimationFrame);
      const box = node.getClientRects()[0];
      return [box.left + box.width / 2, box.top + box.height / 2];
    }})()""")


def details(browser):
    return browser.value("document.getElementById('details').hidden ? '' : document.getElementById('details').innerText")


def check_safe(browser, page, address):
    assert browser.value("document.title") == "llmz estimate", "the title was changed"
    assert not browser.happened("Page.javascriptDialogOpening"), "a dialog"
    assert not browser.happened("Runtime.exceptionThrown"), browser.happened("Runtime.exceptionThrown")
    assert not browser.happened("Log.entryAdded"), browser.happened("Log.entryAdded")
    requests = {r["request"]["url"].split("#")[0] for r in browser.happened("Network.requestWillBeSent")}
    assert requests <= {address}, f"{page} asks for {requests}"
    assert browser.value("document.scripts.length") == 1
    tags = browser.value("[...new Set([...document.querySelectorAll('main *, h1 *, #details *')].map(n => n.localName))].sort()")
    assert set(tags) <= {"div", "span", "b", "i", "section", "strong"}, f"{page}: elements {tags}"


def check_text(browser, models):
    assert shown(browser, "#file") == name, "another name of the file"
    parts = int(browser.value("document.getElementById('slider').max")) + 1
    assert parts > 1
    for model in range(1, models + 1):
        browser.value("(() => { const s = document.getElementById('slider'); s.value = 0; s.dispatchEvent(new Event('input')); })()")
        text = b""
        for part in range(parts):
            text += shown(browser, f"main .cell:nth-child({model})")
            if part < parts - 1:
                browser.value("document.getElementById('next').click()")
        assert text == content, f"model {model}: other bytes are shown"


def check_hands(browser, models):
    browser.value("location.hash = '#0'")
    told = set()
    for model in range(models):
        x, y = center(browser, f'.row:nth-child(5) .t[data-model="{model}"]')
        browser.move(x, y)
        told.add(details(browser))
        assert browser.value("document.querySelectorAll('#details .guess').length") == 3, details(browser)
    assert len(told) == models and all(" bits" in t and t.count("%") == 4 for t in told), told
    browser.value("[...document.querySelectorAll('.t')].find(t => t.dataset.last - t.dataset.first > 1).id = 'shared'")
    browser.move(*center(browser, "#shared"))
    assert "tokens share characters" in details(browser) and details(browser).count(" bits") > 2, details(browser)
    browser.move(1, 1)
    assert details(browser) == "" or browser.value("document.activeElement.className").startswith("t "), "details stay"
    browser.click(x, y)
    browser.move(1, 1)
    first = details(browser)
    browser.key("ArrowRight")
    second = details(browser)
    assert " bits" in first and " bits" in second and first != second, (first, second)
    browser.key("Escape")
    assert details(browser) == ""
    left, top, width = browser.value(
        "(() => { window.scrollTo(0, 0); const b = document.querySelector('#curve svg').getBoundingClientRect(); return [b.left, b.top, b.width]; })()")
    browser.click(left + 0.99 * width, top + 10)
    browser.value("new Promise(done => setTimeout(done, 100))")
    place = int(browser.value("location.hash.slice(1)"))
    assert abs(place / len(content) - 0.99) < 0.01, place
    assert browser.value("document.getElementById('next').disabled"), "the last part is not shown"
    assert f"byte {place}" in details(browser) or " bits" in details(browser)


with Browser(chromium, seconds=120) as browser:
    for page, models in (("one.html", 1), ("two.html", 2)):
        address = "file://" + urllib.parse.quote(os.path.join(folder, page))
        browser.events.clear()
        print(f"{page}: {browser.open(address):.2f} s")
        check_safe(browser, page, address)
        check_text(browser, models)
        check_hands(browser, models)
        check_safe(browser, page, address)
    for page, text in (("empty.html", b""), ("short.html", b"x")):
        address = "file://" + urllib.parse.quote(os.path.join(folder, page))
        browser.events.clear()
        browser.open(address)
        check_safe(browser, page, address)
        assert shown(browser, "main .cell") == text
