/**
 * Line charts as plain SVG: a solid line, a dashed line, a scale, and the values under the pointer.
 * Bars are spaced evenly, as on a price chart, so a night between two sessions takes no room.
 */
const NS = 'http://www.w3.org/2000/svg'
const MINUTE_MS = 60_000
const MARGIN = { top: 8, right: 64, bottom: 24, left: 8 }
const Y_TICKS = 4
/** Bars beyond the newest one for which a forecast may be drawn. */
const AHEAD_MAX = 60

const node = (name, attributes = {}, text = '') => {
  const made = document.createElementNS(NS, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.textContent = text
  return made
}

export const clock = (ms) => new Date(ms).toISOString().slice(11, 16)
export const day = (ms) => new Date(ms).toISOString().slice(0, 10)

/** Places times on an even axis: the given bars in order, later times after them by the minute. */
export function axisOf(times) {
  const places = new Map(times.map((time, index) => [time, index]))
  const last = times.at(-1) ?? 0
  return {
    times,
    place(time) {
      if (time <= last) return places.get(time)
      const ahead = Math.round((time - last) / MINUTE_MS)
      return ahead <= AHEAD_MAX ? times.length - 1 + ahead : undefined
    },
  }
}

/**
 * Draws into a figure.
 * @param figure element to fill; its size counts
 * @param chart { axis, ahead, solid: [[place, value]], dashed: [[place, value]], label, format, zero }
 */
export function drawChart(figure, chart) {
  const values = [...chart.solid, ...chart.dashed].map(([, value]) => value)
  if (values.length < 2) {
    const empty = document.createElement('p')
    empty.className = 'empty'
    empty.textContent = chart.empty
    figure.replaceChildren(empty)
    return
  }
  const width = figure.clientWidth
  const height = figure.clientHeight
  const scale = scaleOf(values, chart, width, height)
  const svg = node('svg', {
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': chart.label,
  })
  svg.append(...grid(chart, scale, width, height))
  svg.append(node('path', { class: 'price', d: pathOf(chart.solid, scale) }))
  svg.append(node('path', { class: 'forecast', d: pathOf(chart.dashed, scale) }))
  addReading(svg, figure, chart, scale, height)
  figure.replaceChildren(svg)
}

function scaleOf(values, chart, width, height) {
  const extremes = chart.zero ? [...values, 0] : values
  const low = extremes.reduce((a, b) => Math.min(a, b))
  const high = extremes.reduce((a, b) => Math.max(a, b))
  const room = (high - low || Math.abs(high) || 1) * 0.06
  const [bottom, top] = [low - room, high + room]
  const bars = Math.max(1, chart.axis.times.length - 1 + chart.ahead)
  const inner = {
    width: width - MARGIN.left - MARGIN.right,
    height: height - MARGIN.top - MARGIN.bottom,
  }
  return {
    bottom,
    top,
    bars,
    x: (place) => MARGIN.left + (place / bars) * inner.width,
    y: (value) => MARGIN.top + (1 - (value - bottom) / (top - bottom)) * inner.height,
    placeAt: (x) => Math.round(((x - MARGIN.left) / inner.width) * bars),
  }
}

/** A gap in the places is a gap in the line. */
function pathOf(points, scale) {
  let last
  return points
    .map(([place, value]) => {
      const command = last !== undefined && place - last <= 2 ? 'L' : 'M'
      last = place
      return `${command}${scale.x(place).toFixed(1)} ${scale.y(value).toFixed(1)}`
    })
    .join('')
}

function grid(chart, scale, width, height) {
  const parts = []
  const right = width - MARGIN.right
  for (let tick = 0; tick <= Y_TICKS; tick += 1) {
    const value = scale.bottom + ((tick + 0.5) / (Y_TICKS + 1)) * (scale.top - scale.bottom)
    const y = scale.y(value)
    parts.push(node('line', { class: 'grid', x1: MARGIN.left, x2: right, y1: y, y2: y }))
    parts.push(node('text', { x: right + 8, y: y + 4 }, chart.format(value)))
  }
  if (chart.zero)
    parts.push(
      node('line', { class: 'zero', x1: MARGIN.left, x2: right, y1: scale.y(0), y2: scale.y(0) }),
    )
  const edge = scale.x(chart.axis.times.length - 1)
  if (chart.ahead > 0)
    parts.push(
      node('line', {
        class: 'edge',
        x1: edge,
        x2: edge,
        y1: MARGIN.top,
        y2: height - MARGIN.bottom,
      }),
    )
  const labels = Math.max(2, Math.floor(width / 160))
  for (let index = 0; index < labels; index += 1) {
    const place = Math.round((index / (labels - 1)) * (chart.axis.times.length - 1))
    const anchor = index === 0 ? 'start' : index === labels - 1 ? 'end' : 'middle'
    const time = chart.axis.times[place]
    if (time === undefined) continue
    const text = index === 0 ? `${day(time)} ${clock(time)}` : clock(time)
    parts.push(node('text', { x: scale.x(place), y: height - 6, 'text-anchor': anchor }, text))
  }
  return parts
}

function addReading(svg, figure, chart, scale, height) {
  const cross = node('line', { class: 'cross', y1: MARGIN.top, y2: height - MARGIN.bottom })
  const text = node('text', { class: 'reading', x: MARGIN.left + 4, y: MARGIN.top + 12 })
  const solid = new Map(chart.solid)
  const dashed = new Map(chart.dashed)
  const show = (x) => {
    const place = scale.placeAt(x)
    const values = [
      [chart.names[0], solid.get(place)],
      [chart.names[1], dashed.get(place)],
    ].filter(([, value]) => value !== undefined)
    const visible = values.length > 0 ? 'visible' : 'hidden'
    const last = chart.axis.times.length - 1
    const time = chart.axis.times[place] ?? chart.axis.times[last] + (place - last) * MINUTE_MS
    cross.setAttribute('x1', scale.x(place))
    cross.setAttribute('x2', scale.x(place))
    cross.style.visibility = visible
    text.style.visibility = visible
    text.textContent = `${clock(time)}  ${values.map(([name, value]) => `${name} ${chart.format(value)}`).join('  ')}`
  }
  // The figure stays while its chart is drawn anew twice a second, and so does the reading.
  figure.onpointermove = ({ clientX }) => {
    figure.pointerX = clientX - figure.getBoundingClientRect().left
    show(figure.pointerX)
  }
  figure.onpointerleave = () => {
    figure.pointerX = undefined
    for (const part of figure.querySelectorAll('.cross, .reading')) part.style.visibility = 'hidden'
  }
  svg.append(cross, text)
  if (figure.pointerX !== undefined) show(figure.pointerX)
}
