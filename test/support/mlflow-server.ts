/**
 * A stand-in for an MLflow tracking server, as far as the export uses it. It is written after MLflow's
 * REST API document ("REST API" 2.0): endpoints, fields, limits and error codes are as described there. It was not
 * compared with a running server: what the document leaves open, a real server may do otherwise.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Version {
  readonly name: string
  readonly version: string
  readonly run_id: string
  readonly source: string
  readonly description: string
  readonly tags: { key: string; value: string }[]
  current_stage: string
  aliases: string[]
}

interface Run {
  readonly info: Record<string, unknown>
  readonly metrics: Record<string, number>
  readonly params: Record<string, string>
}

class Refusal extends Error {
  readonly code: string
  readonly status: number
  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

type Body = Record<string, never> & Record<string, unknown>

export class MlflowServer {
  readonly experiments = new Map<string, string>()
  readonly runs = new Map<string, Run>()
  readonly models = new Map<string, Version[]>()
  readonly files = new Map<string, Buffer>()
  requests = 0
  private readonly server = createServer((request, response) => {
    this.requests += 1
    void bytesOf(request).then((bytes) => {
      try {
        const answer = this.answer(request, bytes)
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
      } catch (thrown) {
        const { code, status, message } = thrown as Refusal
        response
          .writeHead(status ?? 500, { 'content-type': 'application/json' })
          .end(JSON.stringify({ error_code: code, message }))
      }
    })
  })

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()))
  }

  private answer(request: IncomingMessage, bytes: Buffer): object {
    const url = new URL(request.url ?? '', 'http://x')
    const file = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/(.+)$/.exec(url.pathname)?.[1]
    if (file !== undefined && request.method === 'PUT') {
      this.files.set(file, bytes)
      return {}
    }
    const path = url.pathname.replace('/api/2.0/mlflow/', `${request.method} `)
    const body = (bytes.length === 0 ? {} : JSON.parse(bytes.toString())) as Body
    const handler = this.handlers[path]
    if (handler === undefined) throw new Refusal('ENDPOINT_NOT_FOUND', path, 404)
    return handler(body, url.searchParams)
  }

  private readonly handlers: Record<string, (body: Body, query: URLSearchParams) => object> = {
    'GET experiments/get-by-name': (_, query) => {
      const id = this.experiments.get(query.get('experiment_name') ?? '')
      if (id === undefined) throw new Refusal('RESOURCE_DOES_NOT_EXIST', 'No such experiment', 404)
      return { experiment: { experiment_id: id } }
    },
    'POST experiments/create': (body) => {
      const id = String(this.experiments.size + 1)
      this.experiments.set(required(body, 'name'), id)
      return { experiment_id: id }
    },
    'POST runs/create': (body) => {
      const experiment = required(body, 'experiment_id')
      if (![...this.experiments.values()].includes(experiment))
        throw new Refusal('RESOURCE_DOES_NOT_EXIST', 'No such experiment', 404)
      const id = String(this.runs.size + 1).padStart(32, '0')
      const uri = `mlflow-artifacts:/${experiment}/${id}/artifacts`
      const info = { ...body, run_id: id, artifact_uri: uri, status: 'RUNNING' }
      this.runs.set(id, { info, metrics: {}, params: {} })
      return { run: { info } }
    },
    'POST runs/log-batch': (body) => {
      const run = this.run(body)
      const metrics = body['metrics'] as unknown as {
        key: string
        value: number
        timestamp: number
      }[]
      const params = body['params'] as unknown as { key: string; value: string }[]
      if (metrics.length > 1_000 || params.length > 100)
        throw new Refusal('INVALID_PARAMETER_VALUE', 'A batch is too large')
      for (const { key, value, timestamp } of metrics) {
        if (!/^[\w. /:-]+$/.test(key) || typeof value !== 'number' || !Number.isInteger(timestamp))
          throw new Refusal('INVALID_PARAMETER_VALUE', `Metric ${key}`)
        run.metrics[key] = value
      }
      for (const { key, value } of params) {
        if (!/^[\w. /:-]+$/.test(key) || value.length > 6_000)
          throw new Refusal('INVALID_PARAMETER_VALUE', `Parameter ${key}`)
        run.params[key] = value
      }
      return {}
    },
    'POST runs/update': (body) => {
      Object.assign(this.run(body).info, { status: required(body, 'status') })
      return {}
    },
    'POST registered-models/create': (body) => {
      const name = required(body, 'name')
      if (this.models.has(name)) throw new Refusal('RESOURCE_ALREADY_EXISTS', name)
      this.models.set(name, [])
      return { registered_model: { name } }
    },
    'GET model-versions/search': (_, query) => {
      const name = /^name='(.+)'$/.exec(query.get('filter') ?? '')?.[1] ?? ''
      const all = this.models.get(name) ?? []
      const [from, count] = [Number(query.get('page_token') ?? 0), Number(query.get('max_results'))]
      const rest = from + count < all.length ? { next_page_token: String(from + count) } : {}
      return { model_versions: all.slice(from, from + count), ...rest }
    },
    'POST model-versions/create': (body) => {
      const versions = this.model(body)
      this.run(body)
      const version: Version = {
        name: required(body, 'name'),
        version: String(versions.length + 1),
        run_id: required(body, 'run_id'),
        source: required(body, 'source'),
        description: String(body['description']),
        tags: body['tags'] as unknown as Version['tags'],
        current_stage: 'None',
        aliases: [],
      }
      versions.push(version)
      return { model_version: version }
    },
    'POST model-versions/transition-stage': (body) => {
      const stage = required(body, 'stage')
      if (!['None', 'Staging', 'Production', 'Archived'].includes(stage))
        throw new Refusal('INVALID_PARAMETER_VALUE', stage)
      const version = this.version(body)
      version.current_stage = stage
      return { model_version: version }
    },
    'POST registered-models/alias': (body) => {
      const alias = required(body, 'alias')
      for (const each of this.model(body))
        each.aliases = each.aliases.filter((other) => other !== alias)
      this.version(body).aliases.push(alias)
      return {}
    },
  }

  private run(body: Body): Run {
    const run = this.runs.get(required(body, 'run_id'))
    if (run === undefined) throw new Refusal('RESOURCE_DOES_NOT_EXIST', 'No such run', 404)
    return run
  }

  private model(body: Body): Version[] {
    const model = this.models.get(required(body, 'name'))
    if (model === undefined) throw new Refusal('RESOURCE_DOES_NOT_EXIST', 'No such model', 404)
    return model
  }

  private version(body: Body): Version {
    const version = this.model(body).find((each) => each.version === required(body, 'version'))
    if (version === undefined) throw new Refusal('RESOURCE_DOES_NOT_EXIST', 'No such version', 404)
    return version
  }
}

function required(body: Body, name: string): string {
  const value: unknown = body[name]
  if (typeof value !== 'string' || value === '')
    throw new Refusal('INVALID_PARAMETER_VALUE', `Missing value for required parameter '${name}'`)
  return value
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
