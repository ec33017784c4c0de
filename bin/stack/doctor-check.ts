/** One finding of `candlewire doctor`. */
export interface Check {
  readonly name: string
  readonly result: 'ok' | 'fail'
  readonly detail: string
  /** What to do; missing if all is well. */
  readonly remedy?: string
}

export const passed = (name: string, detail: string): Check => ({ name, result: 'ok', detail })
export const failed = (name: string, detail: string, remedy: string): Check => ({
  name,
  result: 'fail',
  detail,
  remedy,
})
export const verdict = (good: boolean, name: string, detail: string, remedy: string): Check =>
  good ? passed(name, detail) : failed(name, detail, remedy)
