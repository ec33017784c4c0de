/**
 * One event on its way to the clients. Its bytes are made once for each transport, when the first
 * client wants them, and then shared by all.
 */

const LINE = '\n'

export class StreamMessage {
  readonly type: string
  private readonly body: () => object
  private readonly position: string | (() => string) | undefined
  private webSocketBytes: Buffer | undefined
  private sseBytes: Buffer | undefined

  /**
   * @param position where a client stands that has this event; unset: it has no place in a topic
   * and moves nobody
   */
  constructor(type: string, body: () => object, position?: string | (() => string)) {
    this.type = type
    this.body = body
    this.position = position
  }

  /** UTF-8 JSON with the position in it. */
  get webSocket(): Buffer {
    this.webSocketBytes ??= Buffer.from(
      JSON.stringify({ type: this.type, ...this.body(), position: this.place }),
    )
    return this.webSocketBytes
  }

  /** A whole server-sent event with the position as its id. */
  get sse(): Buffer {
    if (this.sseBytes === undefined) {
      const { place } = this
      const id = place === undefined ? '' : `id: ${place}${LINE}`
      const data = JSON.stringify({ type: this.type, ...this.body() })
      this.sseBytes = Buffer.from(`${id}event: ${this.type}${LINE}data: ${data}${LINE}${LINE}`)
    }
    return this.sseBytes
  }

  private get place(): string | undefined {
    return typeof this.position === 'function' ? this.position() : this.position
  }
}
