"""What every page must hold: no error, nothing from another host, no sideways scroll, a name for every control, no word left in English."""
import re
from urllib.parse import urlsplit

# Runs in the page: visible controls without a name that a screen reader could say.
NAMELESS = """() => {
  const shown = e => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(e).visibility !== 'hidden';
  };
  const named = e => {
    const by = (e.getAttribute('aria-labelledby') || '').split(' ').map(i => document.getElementById(i)?.textContent || '').join('');
    const labels = e.labels ? Array.from(e.labels).map(l => l.textContent).join('') : '';
    const alt = Array.from(e.querySelectorAll('img[alt]')).map(i => i.alt).join('');
    const inside = ['SELECT', 'TEXTAREA'].includes(e.tagName) ? '' : e.textContent;
    return [e.getAttribute('aria-label'), by, labels, inside, e.title, alt, e.type === 'submit' ? e.value : ''].some(t => (t || '').trim());
  };
  const controls = 'a[href], button, input:not([type=hidden]), select, textarea, [role=button], [role=tab]';
  return Array.from(document.querySelectorAll(controls))
    .filter(e => shown(e) && !named(e))
    .map(e => e.outerHTML.slice(0, 160));
}"""
SIDEWAYS = "() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
# What sticks out of the page to the right, for the message; scrolling boxes hold their own.
STICKING = """() => Array.from(document.querySelectorAll('body *'))
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 2 && !e.closest('.table-wrap, pre')).slice(0, 4)
  .map(e => e.tagName + '.' + e.className + ' ' + (e.textContent || '').trim().slice(0, 30))"""
# Texts that lie on each other: the menu over the heading, buttons over buttons, labels over inputs.
COVERED = """() => {
  const nav = document.querySelector('nav.navbar'), title = document.querySelector('main h1');
  const found = [];
  if (nav && title && title.getBoundingClientRect().top < nav.getBoundingClientRect().bottom) { found.push('the menu covers the heading'); }
  const boxes = Array.from(document.querySelectorAll('main h1, main h2, .chip, .toolbar .btn, .tabs a, .field > label, .field .form-control, .notes'))
    .filter(e => e.offsetParent).map(e => [e, e.getBoundingClientRect()]);
  boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
    if (a.contains(b) || b.contains(a)) { return; }
    if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 3 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3) {
      found.push((a.textContent || a.name || '').trim().slice(0, 25) + ' lies on ' + (b.textContent || b.name || '').trim().slice(0, 25));
    }
  }));
  return found.slice(0, 4);
}"""
# Our own words: headings, labels, buttons, heads, notes, menus; never cells, values or what users typed.
OURS = """() => {
  const skip = '.chip, .user-data, td, code, pre, kbd, a.language, .navbar-brand, .login-box h1, h1 small, .count';
  const cells = '.badge-state, .row-links a, .row-links button';     // the words of ours that stand in cells
  const ours = 'h1, h2, h3, h4, label, button, th, dt, legend, .notes li, .navbar a, .tabs a, .toolbar a, .help-block, .empty';
  const found = new Set();
  for (const e of document.querySelectorAll(`${ours}, ${cells}`)) {
    if (e.closest(skip) && !e.matches(cells)) continue;
    const copy = e.cloneNode(true);
    copy.querySelectorAll(skip).forEach(x => x.remove());
    found.add(copy.textContent.replace(/\\s+/g, ' ').trim());
  }
  return Array.from(found);
}"""
PLACEHOLDER = re.compile(r"\{\w+\}")
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]{2,}")
# Names and abbreviations that stay as they are in Chinese: brands, formats, and what a platform's console calls its fields.
KEPT = {"sku", "oms", "api", "pdf", "id", "faq", "url", "xlsx", "csv", "excel", "cod", "cms", "json", "gogo", "xpress", "vnpost", "shopee",
        "waybridge", "partner", "key", "push", "token", "webhook", "tls", "hs", "iso", "usd", "spx", "express", "english", "oauth",
        "http", "https", "demo", "xls", "ods", "opendocument"}


class Watch:
    """Collects what a page logs and asks for, from the moment it is made."""

    def __init__(self, page, url):
        self.page, self.host, self.errors = page, urlsplit(url).netloc, []
        page.on("console", lambda message: self.errors.append(f"console: {message.text}") if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        page.on("request", self._asked)

    def _asked(self, request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != self.host:
            self.errors.append(f"asks another host: {request.url}")

    def take(self):
        errors, self.errors = self.errors, []
        return errors


def faults(page, status, locale, users_words=()):
    """Sentences about what is wrong with the page as it stands; [] when all is well."""
    found = [f"status {status}"] if status != 200 else []
    wide = page.evaluate(SIDEWAYS)
    if wide > 2:
        found.append(f"{wide} px too wide: {page.evaluate(STICKING)}")
    found += page.evaluate(COVERED)
    found += [f"control without a name: {html}" for html in page.evaluate(NAMELESS)]
    if locale == "zh":
        kept = KEPT | {word.lower() for text in users_words for word in WORD.findall(text)}
        for text in page.evaluate(OURS):
            english = [w for w in WORD.findall(PLACEHOLDER.sub("", text)) if w.lower() not in kept and not is_code(w)]
            if english:
                found.append(f"not translated: {', '.join(english)} in «{text[:80]}»")
    return found


def is_code(word):
    """Codes and abbreviations are written in capitals, names of fields and files with signs inside."""
    return word.isupper()
