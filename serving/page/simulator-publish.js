/** Publishes simulated articles and shows what became of them. Texts go in as text, never as HTML. */
import { byId, element } from './dom.js'
import { percent } from './format.js'
import { ask } from './server.js'
import { sharesBar } from './simulator-shares.js'

/** A score usually takes a second; after this long something does not run, or the article is a repeat. */
const GIVE_UP_MS = 60_000
const LOOK_EVERY_MS = 1_000
const SHOWN_MAX = 50

/** Articles without a score yet: id to its article, its line, and when it was published. */
const waiting = new Map()
let looking

/** @throws Refusal */
export async function publish(kind, wanted, token) {
  const article = await ask(`/api/stream/${kind}`, { body: wanted, token })
  waiting.set(article.articleId, { article, shown: line(article), sinceMs: Date.now() })
  looking ??= setTimeout(look, LOOK_EVERY_MS)
}

function line({ title }) {
  const item = element('li')
  const state = element('span', 'Published, waiting for its score', 'soft')
  item.append(element('span', title), state)
  const list = byId('sent')
  list.querySelector('li.soft')?.remove()
  list.prepend(item)
  while (list.children.length > SHOWN_MAX) list.lastElementChild.remove()
  return { item, state }
}

function showScore({ item, state }, sentiment) {
  const { label, positive, negative, neutral, model } = sentiment
  item.dataset.label = label
  state.className = label === 'positive' ? 'good' : label === 'negative' ? 'bad' : ''
  state.textContent =
    `${label}: positive ${percent(positive, 0)}, negative ${percent(negative, 0)}, ` +
    `neutral ${percent(neutral, 0)} (${model})`
  item.append(sharesBar(sentiment))
}

/** Articles lie at different times; each time is asked for once. */
async function look() {
  try {
    const times = new Set([...waiting.values()].map(({ article }) => article.availableAtMs))
    for (const until of times) await lookAt(until)
  } catch {
    // The server is away; the articles stay waiting and are looked for again.
  }
  for (const [id, { shown, sinceMs }] of waiting) {
    if (Date.now() - sinceMs < GIVE_UP_MS) continue
    shown.state.textContent =
      'No score: the sentiment processor does not run, or the article repeats an earlier one'
    waiting.delete(id)
  }
  looking = waiting.size === 0 ? undefined : setTimeout(look, LOOK_EVERY_MS)
}

async function lookAt(until) {
  const query = { limit: '100', hours_back: '1', until: String(until) }
  for (const { articleId, sentiment } of (await ask('/news/recent', { query })).articles) {
    const found = waiting.get(articleId)
    if (found === undefined || sentiment === null) continue
    showScore(found.shown, sentiment)
    waiting.delete(articleId)
  }
}
