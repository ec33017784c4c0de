/** What the page shows: instrument, range and day. It stands in the address, so a view can be shared. */
import { byId, element } from './dom.js'
import { day } from './format.js'

const DAY_MS = 86_400_000
const RANGES = {
  live: 4 * 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 31 * DAY_MS,
  year: 366 * DAY_MS,
}
const listeners = []
let newestMs
let days = []

const parameters = () => new URLSearchParams(location.search)
const chosenDay = () => {
  const text = parameters().get('day') ?? ''
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null
}

export const instrument = () => parameters().get('instrument') || null
export const range = () =>
  parameters().get('range') in RANGES ? parameters().get('range') : 'live'
export const isLive = () => range() === 'live' && chosenDay() === null
export const onChoice = (listener) => listeners.push(listener)

/**
 * The span of event time that is asked about. Without a day it ends at the newest bar; with one it ends
 * with that day. @returns null while no bar is known
 */
export function span() {
  const picked = chosenDay()
  const end = picked === null ? newestMs : Date.parse(picked) + DAY_MS
  if (end === undefined) return null
  const length = picked !== null && range() === 'live' ? DAY_MS : RANGES[range()]
  return { from_ms: Math.max(0, end - length), to_ms: end }
}

function set(name, value) {
  const next = parameters()
  if (value === '') next.delete(name)
  else next.set(name, value)
  history.replaceState(null, '', next.size === 0 ? location.pathname : `?${next}`)
  shown()
  for (const listener of listeners) listener(name)
}

function shown() {
  byId('range').value = range()
  byId('day').value = chosenDay() ?? ''
  const at = chosenDay() === null ? 0 : days.indexOf(chosenDay())
  byId('day-before').disabled = days.length === 0 || at === days.length - 1
  byId('day-after').disabled = chosenDay() === null
  byId('now').hidden = isLive()
}

/** One trading day to either side; what is between has no candles. */
function step(by) {
  const current = chosenDay()
  if (current === null) return set('day', days[1] ?? days[0] ?? '')
  const at = days.findIndex((each) => each <= current)
  const next = days[(at < 0 ? days.length : at) + by]
  set('day', next === undefined || (by < 0 && next === days[0]) ? '' : next)
}

export function noteNewest(ms) {
  if (ms !== null) newestMs = ms
}

/** @param known days with candles, the newest first */
export function noteDays(known) {
  days = known
  const picker = byId('day')
  picker.max = days[0] ?? day(Date.now())
  picker.min = days.at(-1) ?? ''
  shown()
}

export function noteInstruments(names, current) {
  const select = byId('instrument')
  const known = [...select.options].map(({ value }) => value)
  const all = [...new Set([...names, ...(current === null ? [] : [current])])].sort()
  if (known.join() !== all.join())
    select.replaceChildren(
      ...all.map((name) => Object.assign(element('option', name), { value: name })),
    )
  if (document.activeElement !== select) select.value = current ?? ''
}

byId('instrument').addEventListener('change', ({ target }) => set('instrument', target.value))
byId('range').addEventListener('change', ({ target }) =>
  set('range', target.value === 'live' ? '' : target.value),
)
byId('day').addEventListener('change', ({ target }) => set('day', target.value))
byId('day-before').addEventListener('click', () => step(1))
byId('day-after').addEventListener('click', () => step(-1))
byId('now').addEventListener('click', () => {
  const next = parameters()
  next.delete('day')
  history.replaceState(null, '', next.size === 0 ? location.pathname : `?${next}`)
  set('range', '')
})
shown()
