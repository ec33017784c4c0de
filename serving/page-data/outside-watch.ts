/** Whether the stores that the server can do without answer: ClickHouse and the schema registry. */
import { messageOf } from '../../streams/errors.ts'
import type { Query } from './guarded-store.ts'

/** Whether a store answers; `detail` says what is wrong. */
export interface StoreState {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

const ANSWER_MS = 2_000
/** Answers are kept so long: many pages ask. */
const KEPT_MS = 2_000

export class OutsideWatch {
  private readonly store: { readonly query: Query }
  private readonly registryUrl: string
  private newest: readonly StoreState[] = []
  private askedAtMs = -Infinity
  private asking: Promise<readonly StoreState[]> | undefined

  constructor(store: { readonly query: Query }, registryUrl: string) {
    this.store = store
    this.registryUrl = registryUrl
  }

  /** Never rejects. */
  async states(): Promise<readonly StoreState[]> {
    if (performance.now() - this.askedAtMs < KEPT_MS) return this.newest
    this.asking ??= Promise.all([
      stateOf('clickhouse', () => this.store.query('SELECT 1')),
      stateOf('schema registry', () => this.askRegistry()),
    ]).finally(() => {
      this.asking = undefined
    })
    this.newest = await this.asking
    this.askedAtMs = performance.now()
    return this.newest
  }

  private async askRegistry(): Promise<void> {
    const response = await fetch(`${this.registryUrl}/schemas/types`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`it answers ${response.status}`)
  }
}

async function stateOf(name: string, ask: () => Promise<unknown>): Promise<StoreState> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ANSWER_MS} ms`)), ANSWER_MS)
  })
  try {
    await Promise.race([ask(), late])
    return { name, ok: true, detail: 'answers' }
  } catch (thrown) {
    return { name, ok: false, detail: messageOf(thrown) }
  } finally {
    clearTimeout(timer)
  }
}
