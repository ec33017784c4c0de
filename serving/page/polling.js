/**
 * Panels that ask the server: one question at a time each, again after a while, never while the page is
 * hidden, and with the reason in words where there is no answer. What was shown stays, marked as old.
 */
import { byId } from './dom.js'
import { second } from './format.js'

const polls = []
/** While the server is away most panels ask rarely: what they would learn the connection tells. */
const AWAY_EVERY_MS = 30_000
/** A panel without an answer asks again so soon, then after twice the time, up to its own pace. */
const AGAIN_MS = 3_000
let isAway = false

/**
 * @param section id of the panel's section; its `.as-of` line says how old the data is
 * @param everyMs time between two questions
 * @param load asks; gets a signal that ends when the choice changes
 * @param draw shows the answer
 * @param failed unset: nothing more is done where there is no answer. With it the panel goes on asking
 *   at its pace while the server is away, and is told why
 */
export function poll(section, everyMs, load, draw, failed) {
  const line = byId(section).querySelector('.as-of')
  let timer
  let running
  let answeredAtMs
  let failures = 0

  const say = (text, isOld) => {
    if (line === null) return
    line.textContent = text
    line.dataset.old = String(isOld)
  }
  const sayOld = (why) => {
    const since = answeredAtMs === undefined ? 'nothing yet' : `as of ${second(answeredAtMs)} UTC`
    say(`✗ ${since}: ${why}`, true)
  }
  const later = () => {
    const soonMs = failures === 0 ? everyMs : Math.min(everyMs, AGAIN_MS * 2 ** (failures - 1))
    const waitMs = isAway && failed === undefined ? Math.max(everyMs, AWAY_EVERY_MS) : soonMs
    clearTimeout(timer)
    timer = setTimeout(() => (document.hidden ? undefined : run()), waitMs)
  }
  async function run() {
    clearTimeout(timer)
    running?.abort()
    const mine = new AbortController()
    running = mine
    try {
      const answer = await load(mine.signal)
      if (mine.signal.aborted) return
      failures = 0
      if (answer !== undefined) {
        answeredAtMs = Date.now()
        say(`as of ${second(answeredAtMs)} UTC`, false)
        draw(answer)
      }
    } catch (thrown) {
      if (mine.signal.aborted) return
      failures += 1
      sayOld(thrown.message)
      failed?.(thrown.message)
    }
    if (running === mine) later()
  }
  function hold() {
    if (answeredAtMs !== undefined) sayOld('The server does not answer.')
    if (timer !== undefined && failed === undefined) later()
  }
  polls.push({ run, hold })
  return run
}

/** After a change of choice, a lost connection, or a look at another tab. */
export const refreshAll = () => {
  isAway = false
  for (const { run } of polls) void run()
}
/** The connection is lost: what is shown is old from here on. */
export const holdAll = () => {
  isAway = true
  for (const { hold } of polls) hold()
}
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refreshAll()
})
