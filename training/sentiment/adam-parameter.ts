/** An array of weights with its gradient and the two moments that Adam keeps of it. */
const FIRST_DECAY = 0.9
const SECOND_DECAY = 0.999
const EPSILON = 1e-8

export class AdamParameter {
  readonly values: Float32Array
  /** Summed up by the caller, cleared by `step`. */
  readonly gradient: Float32Array
  private readonly first: Float32Array
  private readonly second: Float32Array
  private readonly weightDecay: number
  private steps = 0

  /** @param weightDecay share of a weight that a step with rate 1 takes away */
  constructor(values: Float32Array, weightDecay: number) {
    this.values = values
    this.gradient = new Float32Array(values.length)
    this.first = new Float32Array(values.length)
    this.second = new Float32Array(values.length)
    this.weightDecay = weightDecay
  }

  step(rate: number): void {
    this.steps += 1
    const firstScale = 1 / (1 - FIRST_DECAY ** this.steps)
    const secondScale = 1 / (1 - SECOND_DECAY ** this.steps)
    const { values, gradient, first, second, weightDecay } = this
    for (let index = 0; index < values.length; index += 1) {
      const slope = gradient[index]!
      const moment = FIRST_DECAY * first[index]! + (1 - FIRST_DECAY) * slope
      const energy = SECOND_DECAY * second[index]! + (1 - SECOND_DECAY) * slope * slope
      first[index] = moment
      second[index] = energy
      const direction = (moment * firstScale) / (Math.sqrt(energy * secondScale) + EPSILON)
      values[index]! -= rate * (direction + weightDecay * values[index]!)
    }
    gradient.fill(0)
  }
}
