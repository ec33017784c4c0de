/**
 * Panels that ask the server: one question at a time each, again after a while, never while the page is
 * hidden, and with the reason in words where there is no answer. What was shown stays, marked as old.
 */
import { byId } from './dom.js'
import { second } from './format.js'

const polls = []

/**
 * @param section id of the panel's section; its `.as-of` line says how old the data is
 * @param everyMs time between two questions
 * @param load asks; gets a signal that ends when the choice changes
 * @param draw shows the answer
 */
export function poll(section, everyMs, load, draw) {
  const line = byId(section).querySelector('.as-of')
  let timer
  let running
  let answeredAtMs

  const say = (text, isOld) => {
    if (line === null) return
    line.textContent = text
    line.dataset.old = String(isOld)
  }
  async function run() {
    clearTimeout(timer)
    running?.abort()
    const mine = new AbortController()
    running = mine
    try {
      const answer = await load(mine.signal)
      if (mine.signal.aborted) return
      if (answer !== undefined) {
        answeredAtMs = Date.now()
        draw(answer)
        say(`as of ${second(answeredAtMs)} UTC`, false)
      }
    } catch (thrown) {
      if (mine.signal.aborted) return
      const since = answeredAtMs === undefined ? 'nothing yet' : `as of ${second(answeredAtMs)} UTC`
      say(`✗ ${since}: ${thrown.message}`, true)
    }
    if (running === mine) timer = setTimeout(() => (document.hidden ? undefined : run()), everyMs)
  }
  polls.push(run)
  return run
}

/** After a change of choice, a lost connection, or a look at another tab. */
export const refreshAll = () => {
  for (const run of polls) void run()
}
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refreshAll()
})
