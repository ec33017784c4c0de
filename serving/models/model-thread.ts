/**
 * The thread of one model version: one onnxruntime session, made once, used until the thread ends.
 *
 * `InferenceSession.create` and `run` block under their promises, so they must not run on the
 * server's event loop; and the runtime leaks memory with every session that is created and
 * released in one thread (microsoft/onnxruntime issue 25325), so sessions are never released: the
 * thread ends with its model. One intra-op thread keeps the order of sums, and so every bit.
 */
import ort from 'onnxruntime-node'
import { parentPort, workerData } from 'node:worker_threads'
import type { ScoreCall, ThreadMessage, ThreadSetup } from './thread-messages.ts'

const INPUT = 'input'
const OUTPUT = 'prediction'

const port = parentPort
if (port === null) throw new Error('model-thread runs in a worker thread only')
const { onnx, columns } = workerData as ThreadSetup

const say = (message: ThreadMessage, move: ArrayBuffer[] = []): void =>
  port.postMessage(message, move)
const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)

/** @returns what is wrong with the signature of the graph, or undefined. */
function signatureFault(session: ort.InferenceSession): string | undefined {
  const input = session.inputMetadata.find(({ name }) => name === INPUT)
  const output = session.outputMetadata.find(({ name }) => name === OUTPUT)
  if (session.inputNames.length !== 1 || input?.isTensor !== true) {
    return `the graph must have the one input ${INPUT}, it has ${session.inputNames.join(', ')}`
  }
  if (output?.isTensor !== true) {
    return `the graph must have the output ${OUTPUT}, it has ${session.outputNames.join(', ')}`
  }
  if (input.type !== 'float32' || output.type !== 'float64') {
    return `types must be float32 to float64, they are ${input.type} to ${output.type}`
  }
  const width = input.shape[1]
  if (input.shape.length !== 2 || (typeof width === 'number' && width > 0 && width !== columns)) {
    return `the input must be [batch, ${columns}], it is [${input.shape.join(', ')}]`
  }
  return undefined
}

async function answer(session: ort.InferenceSession, call: ScoreCall): Promise<void> {
  const input = new ort.Tensor('float32', call.matrix, [call.rows, columns])
  const outputs = await session.run({ [INPUT]: input }, [OUTPUT])
  const data = outputs[OUTPUT]?.data
  if (!(data instanceof Float64Array) || data.length !== call.rows) {
    throw new Error(`expected ${call.rows} doubles, got ${data?.length ?? 0}`)
  }
  // The runtime owns the memory behind `data`, so it cannot be moved.
  const output = Float64Array.from(data)
  say({ kind: 'scored', id: call.id, output }, [output.buffer])
}

try {
  const session = await ort.InferenceSession.create(onnx, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  })
  const fault = signatureFault(session)
  if (fault === undefined) {
    port.on('message', (call: ScoreCall) => {
      answer(session, call).catch((thrown: unknown) => {
        say({ kind: 'failed', id: call.id, reason: reasonOf(thrown) })
      })
    })
    say({ kind: 'ready' })
  } else {
    say({ kind: 'refused', reason: fault })
  }
} catch (thrown) {
  say({ kind: 'refused', reason: reasonOf(thrown) })
}
