// @ts-check
/**
 * The thread of one model version: one onnxruntime session, made once, used until the thread ends.
 *
 * `InferenceSession.create` and `run` block under their promises, so they must not run on the
 * server's event loop; and the runtime leaks memory with every session that is created and
 * released in one thread (microsoft/onnxruntime issue 25325), so sessions are never released: the
 * thread ends with its model. One intra-op thread keeps the order of sums, and so every bit.
 *
 * JavaScript, so that a thread starts without a compiler: every swap starts one beside the requests that
 * come, and from TypeScript it takes six times the processor time (240 ms instead of 41).
 */
import ort from 'onnxruntime-node'
import { parentPort, workerData } from 'node:worker_threads'

/** @import { ScoreCall, ThreadMessage, ThreadSetup } from './thread-messages.ts' */

const INPUT = 'input'
const OUTPUT = 'prediction'

const port = parentPort
if (port === null) throw new Error('model-thread runs in a worker thread only')
const { onnx, columns } = /** @type {ThreadSetup} */ (workerData)

/**
 * @param {ThreadMessage} message
 * @param {ArrayBuffer[]} [move]
 */
const say = (message, move = []) => port.postMessage(message, move)

/** @param {unknown} thrown */
const reasonOf = (thrown) => (thrown instanceof Error ? thrown.message : String(thrown))

/**
 * @param {ort.InferenceSession} session
 * @returns {string | undefined} what is wrong with the signature of the graph
 */
function signatureFault(session) {
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

/**
 * @param {ort.InferenceSession} session
 * @param {ScoreCall} call
 */
async function answer(session, call) {
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
    port.on('message', (/** @type {ScoreCall} */ call) => {
      answer(session, call).catch((/** @type {unknown} */ thrown) => {
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
