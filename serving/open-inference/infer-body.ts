/** Reads the body of an inference, whatever its content type: clients of the protocol often send none. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { CandlewireError } from '../../streams/errors.ts'
import type { InferBody } from './infer-request.ts'

/** 65,536 rows of 119 columns in FP32, and their JSON. */
export const BODY_BYTES_MAX = 32 * 1024 * 1024

const DECODERS: Readonly<Record<string, typeof gunzip>> = { gzip: gunzip, deflate: inflate }

/** For the routes of this scope alone. */
export function takeInferBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
    async ({ headers }: FastifyRequest, body: Buffer) =>
      split(await decoded(body, headers['content-encoding']), headers),
  )
}

async function decoded(body: Buffer, encoding = 'identity'): Promise<Buffer> {
  if (encoding === 'identity') return body
  const decode = DECODERS[encoding]
  if (decode === undefined)
    throw new CandlewireError(
      'REQUEST_INVALID',
      `Content-Encoding ${encoding.slice(0, 40)} is not known: gzip, deflate or none`,
    )
  try {
    return await promisify<Buffer, object, Buffer>(decode)(body, {
      maxOutputLength: BODY_BYTES_MAX,
    })
  } catch (thrown) {
    throw new CandlewireError(
      'REQUEST_INVALID',
      `The body is no ${encoding}, or has more than ${BODY_BYTES_MAX} bytes`,
      { cause: thrown },
    )
  }
}

function split(body: Buffer, headers: FastifyRequest['headers']): InferBody {
  const given = headers['inference-header-content-length']
  if (given === undefined) return { header: body, binary: Buffer.alloc(0) }
  const length = typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : NaN
  if (!(length <= body.length))
    throw new CandlewireError(
      'REQUEST_INVALID',
      `Inference-Header-Content-Length is ${String(given).slice(0, 40)}; the body has ${body.length} bytes`,
    )
  return { header: body.subarray(0, length), binary: body.subarray(length) }
}
