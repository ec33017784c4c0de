/** What a server says of its own models on the streams; events of topics are in `streaming/`. */

/** Given a role, left without one, refused by verification, or its thread died. */
export type ModelChange = 'live' | 'ended' | 'refused' | 'died'

export interface ModelEvent {
  readonly type: 'model'
  readonly change: ModelChange
  readonly modelName: string
  readonly modelVersion: string
  readonly algorithm: string
  /** Of `live` and `ended`; null of the others. */
  readonly role: string | null
  readonly reason: string
}
