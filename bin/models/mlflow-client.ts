/**
 * The part of MLflow's REST API that the export needs. Source: MLflow, "REST API", version 2.0.
 * Times are in ms, numbers of versions are strings, an existing model answers RESOURCE_ALREADY_EXISTS.
 */
import { CandlewireError, messageOf } from '../../streams/errors.ts'

const TIMEOUT_MS = 30_000
/** Limits of one log-batch request. */
const PARAMS_MAX = 100
const VALUE_LENGTH_MAX = 500
const PAGE = 200
const PAGES_MAX = 100

type Json = Readonly<Record<string, unknown>>

export interface MlflowRun {
  readonly runId: string
  readonly artifactUri: string
}

export interface MlflowVersion {
  readonly version: string
  readonly tags: Readonly<Record<string, string>>
}

export class MlflowClient {
  private readonly url: string

  /** @throws CandlewireError OPTION_INVALID if it is no http address */
  constructor(url: string) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new CandlewireError('OPTION_INVALID', `${url} is no http or https address`)
    this.url = url.replace(/\/+$/, '')
  }

  async experiment(name: string): Promise<string> {
    const path = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`
    const found = await this.call('GET', path, undefined, ['RESOURCE_DOES_NOT_EXIST'])
    if (found !== undefined) return text((found['experiment'] as Json)['experiment_id'])
    const made = await this.post('experiments/create', { name })
    return text(made['experiment_id'])
  }

  async startRun(experimentId: string, name: string, startMs: number): Promise<MlflowRun> {
    const body = { experiment_id: experimentId, run_name: name, start_time: startMs }
    const { info } = (await this.post('runs/create', body))['run'] as { info: Json }
    return { runId: text(info['run_id']), artifactUri: text(info['artifact_uri']) }
  }

  async log(
    runId: string,
    metrics: Readonly<Record<string, number>>,
    params: Readonly<Record<string, string>>,
    timeMs: number,
  ): Promise<void> {
    const all = Object.entries(params).map(([key, value]) => ({
      key,
      value: value.slice(0, VALUE_LENGTH_MAX),
    }))
    const points = Object.entries(metrics).map(([key, value]) => ({
      ...{ key, value, timestamp: timeMs, step: 0 },
    }))
    await this.post('runs/log-batch', { run_id: runId, metrics: points, params: [], tags: [] })
    for (let from = 0; from < all.length; from += PARAMS_MAX) {
      const part = all.slice(from, from + PARAMS_MAX)
      await this.post('runs/log-batch', { run_id: runId, metrics: [], params: part, tags: [] })
    }
  }

  async endRun(runId: string, endMs: number): Promise<void> {
    await this.post('runs/update', { run_id: runId, status: 'FINISHED', end_time: endMs })
  }

  /** Only servers that pass artifacts on take them by HTTP. @returns whether this one did */
  async upload(run: MlflowRun, path: string, content: Uint8Array): Promise<boolean> {
    const folder = /^mlflow-artifacts:\/+(?:[^/]*:\d+\/)?(.+)$/.exec(run.artifactUri)?.[1]
    if (folder === undefined) return false
    const url = `${this.url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${path}`
    const response = await this.fetch(url, {
      method: 'PUT',
      body: Buffer.from(content),
      headers: { 'content-type': 'application/octet-stream' },
    })
    if (!response.ok) throw failed(`uploading ${path}`, `status ${response.status}`)
    return true
  }

  async registerModel(name: string): Promise<void> {
    const path = 'registered-models/create'
    await this.call('POST', path, { name }, ['RESOURCE_ALREADY_EXISTS'])
  }

  async versions(name: string): Promise<MlflowVersion[]> {
    const found: MlflowVersion[] = []
    const filter = encodeURIComponent(`name='${name}'`)
    let token = ''
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const path = `model-versions/search?filter=${filter}&max_results=${PAGE}&page_token=${encodeURIComponent(token)}`
      const answer = await this.call('GET', path)
      for (const each of (answer?.['model_versions'] ?? []) as Json[]) {
        const tags = (each['tags'] ?? []) as { key: string; value: string }[]
        found.push({
          version: text(each['version']),
          tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
        })
      }
      token = text(answer?.['next_page_token'] ?? '')
      if (token === '') return found
    }
    throw failed(`listing the versions of ${name}`, `more than ${PAGES_MAX * PAGE} versions`)
  }

  async createVersion(
    name: string,
    { runId, artifactUri }: MlflowRun,
    described: { description: string; tags: Readonly<Record<string, string>> },
  ): Promise<string> {
    const answer = await this.post('model-versions/create', {
      name,
      source: `${artifactUri}/model`,
      run_id: runId,
      description: described.description,
      tags: Object.entries(described.tags).map(([key, value]) => ({ key, value })),
    })
    return text((answer['model_version'] as Json)['version'])
  }

  async stage(name: string, version: string, stage: string): Promise<void> {
    const body = { name, version, stage, archive_existing_versions: false }
    await this.post('model-versions/transition-stage', body)
  }

  async alias(name: string, alias: string, version: string): Promise<void> {
    await this.post('registered-models/alias', { name, alias, version })
  }

  private async post(path: string, body: Json): Promise<Json> {
    return (await this.call('POST', path, body)) ?? {}
  }

  /** @param accepted error codes that are an answer too: undefined then */
  private async call(
    method: 'GET' | 'POST',
    path: string,
    body?: Json,
    accepted: readonly string[] = [],
  ): Promise<Json | undefined> {
    const response = await this.fetch(`${this.url}/api/2.0/mlflow/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const said = await response.text()
    if (response.ok) return (said === '' ? {} : JSON.parse(said)) as Json
    const code = /"error_code"\s*:\s*"(\w+)"/.exec(said)?.[1] ?? ''
    if (accepted.includes(code)) return undefined
    const what = path.split('?')[0] ?? path
    throw failed(what, `status ${response.status} ${code} ${said.slice(0, 300)}`)
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
    } catch (thrown) {
      throw failed('a request', messageOf((thrown as Error).cause ?? thrown))
    }
  }
}

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

const failed = (what: string, cause: string): CandlewireError =>
  new CandlewireError('EXPORT_FAILED', `The MLflow server refused ${what}: ${cause}`)
