/** The simulator: a headline is tried without a trace, or, as a choice of its own, published. */
import { byId, element } from './dom.js'
import { ask } from './server.js'
import { publish } from './simulator-publish.js'
import { showTrial } from './simulator-trial.js'

const EXAMPLES = [
  'Central bank cuts rates by half a point as inflation cools',
  'Chipmaker beats estimates and raises its outlook for the year',
  'Bank shares tumble after regulator opens an inquiry',
  'Factory orders fall for a third month, layoffs spread',
  'Exchange publishes its holiday trading hours',
]
/** The first trial loads the model of the server. */
const TRIAL_MS = 60_000

function given() {
  const [title, body, instrument] = ['title', 'text', 'instrument'].map((id) =>
    byId(id).value.trim(),
  )
  return {
    title,
    ...(body === '' ? {} : { body }),
    ...(instrument === '' ? {} : { instrument }),
  }
}

/** Whether there is a headline; says so where there is none. */
function hasHeadline(refusal) {
  if (byId('title').value.trim() !== '') return true
  refusal.textContent = 'Write a headline first.'
  byId('title').focus()
  return false
}

async function tryOut() {
  const refusal = byId('refusal')
  if (!hasHeadline(refusal)) return
  const wanted = given()
  byId('would').setAttribute('aria-busy', 'true')
  try {
    const answer = await ask('/page/trial', {
      body: wanted,
      token: byId('token').value,
      answerMs: TRIAL_MS,
    })
    showTrial(byId('would'), wanted.title, answer)
    // On a phone it lies below what was pressed.
    byId('would').scrollIntoView({ block: 'nearest' })
  } finally {
    byId('would').removeAttribute('aria-busy')
  }
}

async function send(kind) {
  if (kind === 'custom' && !hasHeadline(byId('publish-refusal'))) return
  const { title, body, instrument } = given()
  await publish(
    kind,
    { ...(kind === 'custom' ? { title, body } : {}), instrument },
    byId('token').value,
  )
}

/** One thing at a time; the focus is given back, as a disabled button loses it. */
async function during(work, refusal) {
  const focused = document.activeElement
  const buttons = [...document.querySelectorAll('main button')]
  refusal.textContent = ''
  for (const button of buttons) button.disabled = true
  try {
    await work()
  } catch (thrown) {
    refusal.textContent = thrown.message
  } finally {
    for (const button of buttons) button.disabled = false
    if (document.activeElement === document.body) focused?.focus()
  }
}

byId('trial').addEventListener('submit', (event) => {
  event.preventDefault()
  void during(tryOut, byId('refusal'))
})
byId('publish').addEventListener('submit', (event) => {
  event.preventDefault()
  if (event.submitter === null) return
  const kind = event.submitter.value
  void during(() => send(kind), byId('publish-refusal'))
})
byId('examples').append(
  ...EXAMPLES.map((text) => {
    const button = Object.assign(element('button', text), { type: 'button' })
    button.addEventListener('click', () => {
      byId('title').value = text
      byId('text').value = ''
      void during(tryOut, byId('refusal'))
    })
    const item = element('li')
    item.append(button)
    return item
  }),
)
