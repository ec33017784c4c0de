/**
 * Asks for a token where the server wants one and this browser has not given it yet. The token goes to
 * the server once, in a header; what the browser keeps is a cookie that scripts cannot read.
 */
const element = (name, properties) => Object.assign(document.createElement(name), properties)

async function ask() {
  const answer = await fetch('/session')
  const { isNeeded, name } = await answer.json()
  if (!isNeeded || name !== null) return
  const dialog = element('dialog', { id: 'session' })
  const form = element('form', { method: 'dialog' })
  const label = element('label', { textContent: 'This server asks for a token ' })
  const field = element('input', {
    id: 'session-token',
    type: 'password',
    autocomplete: 'off',
    required: true,
  })
  const refusal = element('p', { className: 'bad' })
  refusal.setAttribute('role', 'alert')
  label.append(field)
  form.append(label, element('button', { textContent: 'Sign in' }), refusal)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    signIn(field, refusal).catch(() => {
      refusal.textContent = 'The server does not answer.'
    })
  })
  dialog.append(form)
  document.body.append(dialog)
  dialog.showModal()
}

async function signIn(field, refusal) {
  const token = field.value
  field.value = ''
  const answer = await fetch('/session', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  if (answer.ok) location.reload()
  else refusal.textContent = `${(await answer.json()).error.message}.`
}

// A server that is away is told of by the page itself.
ask().catch(() => undefined)
