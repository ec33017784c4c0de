/** Elements without markup in strings: text goes in as text. */
export const byId = (id) => document.getElementById(id)

/** @param className of one or several words; empty: none */
export function element(name, text = '', className = '') {
  const made = document.createElement(name)
  if (text !== '') made.textContent = text
  if (className !== '') made.className = className
  return made
}

/** A row of cells: texts, or elements that are cells already. The first is the header of the row. */
export function row(...cells) {
  const made = document.createElement('tr')
  for (const [index, cell] of cells.entries()) {
    if (typeof cell !== 'string') made.append(cell)
    else if (index > 0) made.append(element('td', cell))
    else made.append(Object.assign(element('th', cell), { scope: 'row' }))
  }
  return made
}

export function table(names, rows, label) {
  const made = document.createElement('table')
  made.append(element('caption', label, 'unseen'))
  const head = document.createElement('thead')
  const names_ = document.createElement('tr')
  names_.append(...names.map((name) => Object.assign(element('th', name), { scope: 'col' })))
  head.append(names_)
  const body = document.createElement('tbody')
  body.append(...rows)
  made.append(head, body)
  return made
}

/** A box that scrolls by itself, also by keyboard. */
export function scrolling(content, label) {
  const made = element('div', '', 'scroll')
  made.tabIndex = 0
  made.setAttribute('role', 'region')
  made.setAttribute('aria-label', label)
  made.append(content)
  return made
}

/** `✓ text`, `✗ text`, `– text`: what colour says is said by the sign too. */
export function state(kind, text) {
  const sign = { good: '✓', bad: '✗', busy: '…', none: '–' }[kind]
  const made = element('span', '', `state ${kind}`)
  const mark = element('span', sign, 'sign')
  mark.setAttribute('aria-hidden', 'true')
  made.append(mark, ` ${text}`)
  return made
}

export const paragraph = (text, className = 'soft') => element('p', text, className)

/** Replaces the content only where it says something else: no jumps, no lost selection. */
export function show(target, ...content) {
  const next = document.createElement('div')
  next.append(...content)
  if (next.innerHTML === target.innerHTML && !target.hasChildNodes() === !next.hasChildNodes())
    return
  target.replaceChildren(...next.childNodes)
}
