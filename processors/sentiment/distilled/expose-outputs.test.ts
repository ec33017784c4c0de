import ort from 'onnxruntime-node'
import { expect, it } from 'vitest'
import { tinyOnnx } from '../../../test/support/tiny-onnx.ts'
import { exposeOutputs } from './expose-outputs.ts'

it('adds inner tensors to the outputs and leaves the old one', async () => {
  // tinyOnnx: prediction = product + bias, product = double(input) . weights
  const model = exposeOutputs(tinyOnnx({ weights: [2, 3], bias: 10 }), ['product', 'x'])
  const session = await ort.InferenceSession.create(model)
  expect(session.outputNames).toEqual(['prediction', 'product', 'x'])
  const input = new ort.Tensor('float32', Float32Array.of(1, 1), [1, 2])
  const answers = await session.run({ input })
  expect(answers['prediction']?.data).toEqual(Float64Array.of(15))
  expect(answers['product']?.data).toEqual(Float64Array.of(5))
  expect(answers['x']?.data).toEqual(Float64Array.of(1, 1))
})

it('is refused by the runtime for a tensor that is not there', async () => {
  const model = exposeOutputs(tinyOnnx({ weights: [1], bias: 0 }), ['nowhere'])
  await expect(ort.InferenceSession.create(model)).rejects.toThrow(/nowhere/)
})
