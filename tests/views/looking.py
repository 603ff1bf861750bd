"""What a browser is asked about a page: axe, width, focus, overlaps; each answers with faults."""

from __future__ import annotations

#: Runs axe, which was put into the page before. Argument: the tags of its rules.
AXE = """tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(
    found => found.violations.map(each => each.id + ': ' + each.nodes[0].html.slice(0, 150)))"""

#: WCAG 1.4.10: nothing but a table in its own scroller needs sideways scrolling.
TOO_WIDE = """() => {
    const root = document.documentElement, wide = root.scrollWidth - root.clientWidth;
    return wide > 0 ? [wide + ' px too wide'] : [];
}"""

#: WCAG 1.4.12: the spacing that readers may set.
WIDE_SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; '
        + 'word-spacing: .16em !important } p { margin-bottom: 2em !important }');
    document.adoptedStyleSheets = [sheet];
}"""

#: WCAG 2.1.1, 2.4.7, 2.4.11: whatever can be worked takes focus, shows it, and is in sight then.
FOCUS = """() => {
    const faults = [], look = [['outlineStyle'], ['outlineWidth'], ['outlineColor'], ['boxShadow'],
        ['backgroundColor']];
    const drawn = element => [[element], [element, '::before']].flatMap(
        each => look.map(name => getComputedStyle(...each)[name]));
    const picture = element => [element, ...(element.labels || [])].flatMap(drawn).join();
    for (const element of document.querySelectorAll('a[href], button, select, textarea, summary, '
            + 'input:not([type=hidden]), [tabindex="0"]')) {
        if (!element.checkVisibility()) continue;
        const name = element.outerHTML.slice(0, 100);
        document.activeElement.blur();
        const before = picture(element);
        element.focus();
        const box = element.getBoundingClientRect();
        if (document.activeElement !== element) faults.push('takes no focus: ' + name);
        else if (picture(element) === before) faults.push('shows no focus: ' + name);
        else if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0
            || box.left >= innerWidth) faults.push('focused out of sight: ' + name);
    }
    return faults;
}"""

#: WCAG 1.4.4: with large text nothing lies over anything else, and nothing is cut off.
OVERLAPS = """() => {
    const faults = [], shown = [...document.querySelectorAll(
        'main a, main button, main label, main summary, main h1, main h2, header a, footer a')]
        .filter(each => each.checkVisibility() && !each.closest('.rv-vh, .rv-skip'));
    const boxes = shown.map(each => [...each.getClientRects()]);
    for (let i = 0; i < shown.length; i++) {
        if (shown[i].scrollWidth > shown[i].clientWidth + 1
            && getComputedStyle(shown[i]).overflowX !== 'visible')
            faults.push('cut off: ' + shown[i].outerHTML.slice(0, 100));
        for (let k = i + 1; k < shown.length; k++) {
            if (shown[i].contains(shown[k]) || shown[k].contains(shown[i])) continue;
            if (boxes[i].some(a => boxes[k].some(b => a.left < b.right - 2 && b.left < a.right - 2
                && a.top < b.bottom - 6 && b.top < a.bottom - 6)))
                faults.push(shown[i].innerText.slice(0, 40) + ' lies over '
                    + shown[k].innerText.slice(0, 40));
        }
    }
    return faults;
}"""
