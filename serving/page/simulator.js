/** Publishes simulated articles and shows what became of them. Texts go in as text, never as HTML. */

const byId = (id) => document.getElementById(id)
const percent = (share) => `${Math.round(100 * share)} %`

/** A score usually takes a second; after this long something does not run, or the article is a repeat. */
const GIVE_UP_MS = 60_000
const LOOK_EVERY_MS = 1_000
const SHOWN_MAX = 50
const ANSWER_MS = 10_000

/** Articles without a score yet: id to its article, its line, and when it was published. */
const waiting = new Map()
let looking

function line(article) {
  const item = document.createElement('li')
  const title = document.createElement('span')
  title.textContent = article.title
  const state = document.createElement('span')
  state.className = 'soft'
  state.textContent = 'Published, waiting for its score'
  item.append(title, state)
  const list = byId('sent')
  if (waiting.size === 0 && list.querySelector('span') === null) list.replaceChildren()
  list.prepend(item)
  while (list.children.length > SHOWN_MAX) list.lastElementChild.remove()
  return { item, state }
}

function showScore({ item, state }, sentiment) {
  const { label, positive, negative, neutral, model } = sentiment
  item.dataset.label = label
  state.className = label === 'positive' ? 'good' : label === 'negative' ? 'bad' : ''
  state.textContent =
    `${label}: positive ${percent(positive)}, negative ${percent(negative)}, ` +
    `neutral ${percent(neutral)} (${model})`
  const shares = document.createElement('div')
  shares.className = 'shares'
  for (const [name, share] of Object.entries({ positive, neutral, negative })) {
    const part = document.createElement('i')
    part.className = name
    part.style.width = `${100 * share}%`
    shares.append(part)
  }
  item.append(shares)
}

function headers() {
  const token = byId('token').value
  return {
    'content-type': 'application/json',
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
  }
}

function wanted(kind) {
  const [title, text, instrument] = ['title', 'text', 'instrument'].map((id) =>
    byId(id).value.trim(),
  )
  return {
    ...(kind === 'custom' ? { title } : {}),
    ...(kind === 'custom' && text !== '' ? { body: text } : {}),
    ...(instrument === '' ? {} : { instrument }),
  }
}

async function publish(kind) {
  byId('refusal').textContent = ''
  if (kind === 'custom' && byId('title').value.trim() === '') {
    byId('refusal').textContent = 'Write a headline first.'
    byId('title').focus()
    return
  }
  const response = await fetch(`/api/stream/${kind}`, {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify(wanted(kind)),
  })
  const answer = await response.json()
  if (!response.ok) {
    byId('refusal').textContent = `${answer.error.message}. ${answer.error.remedy}`
    return
  }
  waiting.set(answer.articleId, { article: answer, shown: line(answer), sinceMs: Date.now() })
  if (kind === 'custom') for (const id of ['title', 'text']) byId(id).value = ''
  looking ??= setTimeout(look, LOOK_EVERY_MS)
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
  const query = new URLSearchParams({ limit: '100', hours_back: '1', until: String(until) })
  const response = await fetch(`/news/recent?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) })
  if (!response.ok) return
  for (const { articleId, sentiment } of (await response.json()).articles) {
    const found = waiting.get(articleId)
    if (found === undefined || sentiment === null) continue
    showScore(found.shown, sentiment)
    waiting.delete(articleId)
  }
}

function submitted(event) {
  event.preventDefault()
  if (event.submitter === null) return
  const buttons = [...document.querySelectorAll('button')]
  for (const button of buttons) button.disabled = true
  publish(event.submitter.value)
    .catch(() => {
      byId('refusal').textContent = 'The server does not answer.'
    })
    .finally(() => {
      for (const button of buttons) button.disabled = false
    })
}
for (const form of document.forms) form.addEventListener('submit', submitted)
