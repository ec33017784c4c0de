/** Three probabilities as a bar; the numbers beside it say the same. */
import { element } from './dom.js'

export function sharesBar({ positive, neutral, negative }) {
  const bar = element('div', '', 'shares')
  bar.setAttribute('aria-hidden', 'true')
  for (const [name, share] of Object.entries({ positive, neutral, negative })) {
    const part = element('i', '', name)
    part.style.width = `${100 * share}%`
    bar.append(part)
  }
  return bar
}
