/** Versions of the models, and the two decisions a person may make about them: promote and roll back. */
import { byId, element, paragraph, row, scrolling, show, state, table } from '../dom.js'
import { digits, digest, moment, percent } from '../format.js'
import { ask } from '../server.js'

const dialog = byId('decision')
let asksForToken = false
/** What the dialog is about. */
let pending
let after = () => undefined

export const onDecision = (listener) => {
  after = listener
}

export function showVerdict({ model, models }) {
  const target = byId('verdict')
  if (model === null)
    return show(
      target,
      paragraph('No model is live yet. It appears here by itself as soon as one is trained.'),
    )
  // Praise beside a model that did not pass the gate would be read as leave to act on it.
  const isForced = model.role !== 'champion' || model.gate?.passed === false
  const marks = []
  if (isForced && model.warning !== null)
    marks.push(element('p', `! ${model.warning}`, 'verdict bad'))
  if (model.beatsZeroForecast && !isForced)
    marks.push(element('p', '✓ Beats the zero forecast on validation and test.', 'verdict good'))
  if (!model.beatsZeroForecast)
    marks.push(element('p', '✗ Does not beat the zero forecast.', 'verdict bad'))
  const roles = models.map(
    ({ name, version, role, share }) =>
      `${name} ${version} ${role}${share > 0 && share < 1 ? ` ${percent(share, 0)}` : ''}`,
  )
  show(target, ...marks, paragraph(`In use here: ${roles.join(' · ') || 'none'}`))
}

/** @param live quality of the newest outcomes by version, from the frames */
export function showVersions({ versions, asksForToken: needsToken }, live) {
  asksForToken = needsToken
  const target = byId('versions')
  if (versions.length === 0) {
    show(
      target,
      paragraph(
        'No version is published yet. `candlewire train` makes them; `npm start` does so by itself.',
        'empty',
      ),
    )
    return
  }
  const focused = document.activeElement?.dataset.decides
  const names = [
    'version',
    'stage',
    'role',
    'gate',
    'test RMSE',
    'zero',
    'live RMSE',
    'zero',
    'sign',
    'trained until',
    'model digest',
    'decide',
  ]
  const made = table(
    names,
    versions.map((version) => versionRow(version, live)),
    'Model versions',
  )
  if (target.dataset.shown === made.innerText + made.innerHTML) return
  target.dataset.shown = made.innerText + made.innerHTML
  target.replaceChildren(scrolling(made, 'Model versions'))
  for (const button of target.querySelectorAll('button'))
    if (button.dataset.decides === focused) button.focus()
}

function versionRow(version, live) {
  const { modelName, gatePassed, gateReasons, splits, aliases } = version
  const split = splits.find(({ split: name }) => name === 'test') ?? splits.at(-1)
  const now = live.find(
    (each) => each.modelName === modelName && each.modelVersion === version.version,
  )
  const gate = element('td')
  gate.append(
    gatePassed === null
      ? state('none', 'not asked')
      : state(gatePassed ? 'good' : 'bad', gatePassed ? 'passed' : 'not passed'),
  )
  gate.title = gateReasons.join('\n')
  const file = element('td', digest(version.artifactSha256), 'digest')
  file.title = `model ${version.artifactSha256}\ntraining data ${version.datasetDigest}\nfeature set ${version.featureSetFingerprint}\ncode ${version.codeVersion}`
  const decide = element('td')
  decide.append(...buttonsOf(version))
  const role = version.isRefused
    ? 'refused'
    : aliases.join(', ') || (version.isLoaded ? 'loaded' : '–')
  return row(
    `${modelName} ${version.version} (${version.algorithm})`,
    version.stage,
    role,
    gate,
    ...pair(split?.rmse, split?.zeroRmse),
    ...pair(now?.rmse, now?.zeroRmse),
    percent(now?.directionalAccuracy),
    moment(version.trainedUntilMs),
    file,
    decide,
  )
}

function pair(own, zero) {
  if (own == null) return ['–', digits(zero)]
  const cell = element('td', digits(own), own < zero ? 'good' : 'bad')
  return [cell, digits(zero)]
}

function buttonsOf(version) {
  const isChampion = version.aliases.includes('champion')
  const button = (kind, text) => {
    const made = Object.assign(element('button', text), { type: 'button' })
    made.dataset.decides = `${kind} ${version.modelName}/${version.version}`
    made.setAttribute('aria-label', `${text} ${version.modelName} ${version.version}`)
    made.addEventListener('click', () => openDecision(kind, version))
    return made
  }
  return isChampion ? [button('rollback', 'Roll back')] : [button('promote', 'Promote')]
}

function openDecision(kind, version) {
  pending = { kind, version }
  const name = `${version.modelName} ${version.version}`
  byId('decision-title').textContent =
    kind === 'promote' ? `Make ${name} the champion?` : `Roll back from ${name}?`
  const lines =
    kind === 'promote'
      ? [
          'It answers all requests of its model from then on.',
          ...(version.gatePassed === true
            ? []
            : ['! It has not passed the promotion gate: ' + version.gateReasons.join(' ')]),
        ]
      : ['The champion before it answers again.']
  show(
    byId('decision-text'),
    ...lines.map((line) => paragraph(line, line.startsWith('!') ? 'verdict bad' : '')),
  )
  byId('decision-token-row').hidden = !asksForToken
  byId('decision-result').textContent = ''
  byId('decision-reason').value = ''
  byId('decision-do').disabled = false
  byId('decision-do').textContent = kind === 'promote' ? 'Promote' : 'Roll back'
  dialog.showModal()
}

async function decide() {
  const { kind, version } = pending
  const result = byId('decision-result')
  byId('decision-do').disabled = true
  result.textContent = 'Deciding …'
  try {
    const { events } = await ask(`/page/models/${encodeURIComponent(version.modelName)}/${kind}`, {
      token: byId('decision-token').value,
      body: {
        reason: byId('decision-reason').value,
        ...(kind === 'promote' ? { version: version.version } : {}),
      },
    })
    result.textContent =
      events.length === 0
        ? '✓ It stood so already.'
        : `✓ Decided: ${events.map(({ kind: what, version: of, alias, toStage }) => `${of} ${what.replaceAll('_', ' ')}${alias ? ` as ${alias}` : ''}${toStage ? ` to ${toStage}` : ''}`).join('; ')}.`
    after()
  } catch (thrown) {
    result.textContent = `✗ ${thrown.message}`
    byId('decision-do').disabled = false
    // A wrong token may be mended here.
    byId('decision-token-row').hidden =
      !asksForToken && thrown.status !== 401 && thrown.status !== 403
  }
}

byId('decision-do').addEventListener('click', () => void decide())
byId('decision-close').addEventListener('click', () => dialog.close())
