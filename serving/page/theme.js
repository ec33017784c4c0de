/** Dark and light: as the system says, until somebody switches. */
import { byId } from './dom.js'

const KEY = 'candlewire-theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const listeners = []

/** Storage may be forbidden; the choice then lasts as long as the page. */
function stored() {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

let chosen = stored()
export const isDark = () => (chosen === null ? system.matches : chosen === 'dark')
export const onTheme = (listener) => listeners.push(listener)

/** A colour of the style sheet, so that charts and text agree. */
export const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

function apply() {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light'
  const button = byId('theme')
  if (button !== null) {
    button.textContent = isDark() ? '☀ Light' : '☾ Dark'
    button.setAttribute('aria-label', `Switch to the ${isDark() ? 'light' : 'dark'} theme`)
  }
  for (const listener of listeners) listener()
}

byId('theme')?.addEventListener('click', () => {
  chosen = isDark() ? 'light' : 'dark'
  try {
    localStorage.setItem(KEY, chosen)
  } catch {
    // Then it is only for this page.
  }
  apply()
})
system.addEventListener('change', apply)
apply()
