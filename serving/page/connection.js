/**
 * Follows the server's frames. Every frame is the whole state, so only the newest is kept; when the
 * connection is lost it comes back by itself, and the page says since when it is gone.
 */
import { byId } from './dom.js'
import { second } from './format.js'

/** The server sends at least every 5 s; a silence of this length means that the connection is dead. */
const SILENCE_MS = 15_000
const RETRY_MS = 2_000
/** Who does not answer for {@link LONG_AWAY_MS} is asked less often. */
const RETRY_LATER_MS = 5_000
const LONG_AWAY_MS = 30_000

export function connect(instrumentOf, { onFrame, onReturn, onLost }) {
  let source
  let timer
  let lostAtMs
  let hasBeenLive = false

  const say = (state, text) => {
    const line = byId('connection')
    if (line.dataset.state !== state) line.dataset.state = state
    if (line.textContent !== text) line.textContent = text
  }
  const lost = () => {
    source?.close()
    const isNews = lostAtMs === undefined
    lostAtMs ??= Date.now()
    const since = hasBeenLive ? `Disconnected since ${second(lostAtMs)} UTC` : 'No connection yet'
    say('lost', `${since}, trying again`)
    document.body.dataset.connection = 'lost'
    clearTimeout(timer)
    timer = setTimeout(open, Date.now() - lostAtMs < LONG_AWAY_MS ? RETRY_MS : RETRY_LATER_MS)
    if (isNews) onLost()
  }
  const open = () => {
    clearTimeout(timer)
    source?.close()
    const instrument = instrumentOf()
    const query = new URLSearchParams({
      view: 'dashboard',
      ...(instrument === null ? {} : { instrument }),
    })
    source = new EventSource(`/sse/market-stream?${query}`)
    source.addEventListener('dashboard', (event) => {
      const cameBack = lostAtMs !== undefined && hasBeenLive
      lostAtMs = undefined
      hasBeenLive = true
      document.body.dataset.connection = 'live'
      say('live', 'Live')
      clearTimeout(timer)
      timer = setTimeout(lost, SILENCE_MS)
      onFrame(JSON.parse(event.data))
      if (cameBack) onReturn()
    })
    source.addEventListener('error', lost)
    timer = setTimeout(lost, SILENCE_MS)
  }
  open()
  return { again: open }
}
