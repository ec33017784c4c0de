/**
 * One thread of a text pool: loads a model once and answers one text at a time, until it is ended.
 *
 * `InferenceSession.create` and `run` block under their promises, so they must not run where Kafka's
 * heartbeats do; and sessions leak when they are released (microsoft/onnxruntime issue 25325), so
 * they never are: the thread ends with its model.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../../streams/errors.ts'
import type { TextCall, TextFunction, TextWork, ThreadAnswer } from './thread-messages.ts'

const port = parentPort
if (port === null) throw new Error('text-thread runs in a worker thread only')
const say = (answer: ThreadAnswer, move: ArrayBuffer[] = []): void => port.postMessage(answer, move)

/** Imports only what the work needs: loading the transformers library alone takes 0.3 s and 40 MB. */
async function load(work: TextWork): Promise<TextFunction> {
  if (work.kind === 'finbert') {
    const { loadFinbert } = await import('../finbert/finbert-scorer.ts')
    return loadFinbert(work.folder, work.precision)
  }
  if (work.kind === 'distilled') {
    const { loadDistilled } = await import('../distilled/distilled-scorer.ts')
    return loadDistilled(work.encoderFolder, work.headFile)
  }
  if (work.kind === 'encoder') {
    const { openEncoder } = await import('../distilled/text-encoder.ts')
    const encoder = await openEncoder(work.encoderFolder, work.pools)
    return (text) => encoder.encode(text)
  }
  const module = (await import(work.url)) as { load: () => Promise<TextFunction> }
  return module.load()
}

async function answer(score: TextFunction, { id, text }: TextCall): Promise<void> {
  try {
    const values = await score(text)
    say({ kind: 'answered', id, values }, [values.buffer as ArrayBuffer])
  } catch (thrown) {
    say({ kind: 'failed', id, reason: messageOf(thrown) })
  }
}

try {
  const score = await load(workerData as TextWork)
  let last: Promise<void> = Promise.resolve()
  port.on('message', (call: TextCall) => {
    last = last.then(() => answer(score, call))
  })
  say({ kind: 'ready' })
} catch (thrown) {
  say({ kind: 'refused', reason: messageOf(thrown) })
}
