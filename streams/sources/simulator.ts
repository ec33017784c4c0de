/**
 * A made-up market with the habits of a real one, for trying the pipeline without data. Everything it
 * makes is labelled `simulator`; nothing in it says anything about a real market.
 *
 * It follows from (seed, instrument, start) alone: no clock, no state outside. What it shows: trading
 * hours and breaks, the shape of the day in volatility and volume, volatility that clusters, fat tails,
 * opening gaps, minutes without a trade, rare longer halts, and headlines that move prices at once and,
 * weakly, over the next half hour.
 */
import type { Candle, News } from '../../schemas/generated.ts'
import { CANDLE_MS } from '../topics.ts'
import {
  MarketClock,
  TRADING_MINUTES_A_DAY,
  VOLATILITY_RMS,
  type MarketMinute,
} from './simulation/market-clock.ts'
import { newsFlow, type NewsEvent } from './simulation/news-flow.ts'
import { Random } from './simulation/random.ts'
import type { Simulation } from './simulation/simulation.ts'
import { Volatility } from './simulation/volatility.ts'

export type { Simulation }

const TICKS_PER_POINT = 10
const FIRST_PRICE = 6_000
/** 15 % a year over 252 days: the usual move of a minute of usual liveliness. */
const MINUTE_MOVE = 0.15 / Math.sqrt(252 * TRADING_MINUTES_A_DAY) / VOLATILITY_RMS
/** Share of a break's volatility that shows up in the opening gap, and the longest break that counts. */
const GAP_SHARE = 0.4
const GAP_MINUTES_MAX = 600
/** Price updates in a minute of relative volume 1. */
const USUAL_TICKS = 70
/** The fewer updates are usual, the more often there is none: 3 % of the quietest minutes. */
const TICKS_PER_SILENCE = 2.4
/** A halt about every ten days, of 20 to 120 minutes. */
const HALT_SHARE = 1 / (10 * TRADING_MINUTES_A_DAY)
/** A headline's tone goes on to drift for half an hour, by a tenth of the usual move of that time. */
const DRIFT_MINUTES = 30
const DRIFT_A_MINUTE = 0.1 / Math.sqrt(DRIFT_MINUTES)
const USUAL_SPREAD = 0.5

/** One-minute candles in time order, without end. Minutes without a trade are absent. */
export function* simulateCandles(simulation: Simulation): Generator<Candle, never> {
  const market = new Market(simulation)
  const clock = new MarketClock()
  for (let openTimeMs = simulation.fromMs; ; openTimeMs += CANDLE_MS) {
    const candle = market.minute(openTimeMs, clock.at(openTimeMs))
    if (candle !== undefined) yield candle
  }
}

/** Articles in time order, without end. */
export function* simulateNews(simulation: Simulation): Generator<News, never> {
  for (const { news } of newsFlow(simulation)) yield news
  throw new RangeError('news ended')
}

class Market {
  private readonly instrument: string
  private readonly random: Random
  private readonly volatility = new Volatility()
  private readonly newsEvents: Generator<NewsEvent, never>
  private nextNews: NewsEvent
  private logPrice = Math.log(FIRST_PRICE)
  private lastClose = FIRST_PRICE
  /** Minutes since the last candle, 0 if it was the one before. */
  private idleMinutes = 0
  private haltMinutes = 0
  private driftDirection = 0
  private driftMinutes = 0

  constructor(simulation: Simulation) {
    this.instrument = simulation.instrument
    this.random = new Random(simulation.seed, 'market')
    this.newsEvents = newsFlow(simulation)
    this.nextNews = this.newsEvents.next().value
  }

  /** Moves on by a minute. @returns its candle, if there is one */
  minute(openTimeMs: number, usual: MarketMinute): Candle | undefined {
    const jump = this.newsJump(openTimeMs + CANDLE_MS)
    if (!usual.isOpen || this.isHalted()) {
      this.idleMinutes += 1
      return undefined
    }
    const { random } = this
    const scale = MINUTE_MOVE * usual.volatility * this.volatility.level
    const shock = random.normal()
    if (this.idleMinutes > 1)
      this.logPrice +=
        GAP_SHARE *
        MINUTE_MOVE *
        Math.sqrt(Math.min(this.idleMinutes, GAP_MINUTES_MAX)) *
        random.normal()
    const from = this.logPrice
    this.logPrice += scale * (shock + jump + this.drift())
    this.volatility.advance(shock, random.normal(), random.normal())
    const usualTicks = USUAL_TICKS * usual.volume * this.volatility.level ** 0.7
    const ticks = Math.round(
      usualTicks * Math.exp(0.45 * random.normal() - 0.1) * (0.8 + 0.25 * Math.abs(shock + jump)),
    )
    if (random.uniform() < Math.exp(-usualTicks / TICKS_PER_SILENCE)) {
      this.idleMinutes += 1
      return undefined
    }
    return this.candle(openTimeMs, from, { scale, ticks: Math.max(1, ticks) })
  }

  private candle(
    openTimeMs: number,
    from: number,
    { scale, ticks }: { scale: number; ticks: number },
  ): Candle {
    const { random } = this
    const close = toTick(Math.exp(this.logPrice))
    const isNext = this.idleMinutes === 0
    const open = isNext ? this.lastClose : toTick(Math.exp(from))
    const [high, low] = extremes(from, this.logPrice, scale, [random.uniform(), random.uniform()])
    const spread =
      USUAL_SPREAD * (1 + 0.5 * random.uniform()) * Math.max(1, Math.sqrt(this.volatility.level))
    this.idleMinutes = 0
    this.lastClose = close
    return {
      instrument: this.instrument,
      openTimeMs,
      open,
      high: Math.max(open, close, toTick(Math.exp(high))),
      low: Math.min(open, close, toTick(Math.exp(low))),
      close,
      volume: ticks,
      bidClose: toTick(close - spread / 2),
      askClose: toTick(close + spread / 2),
      bidSize: null,
      askSize: null,
      source: 'simulator',
      sourceLine: null,
    }
  }

  /** Immediate effect of what was published before `untilMs`, in usual moves; starts its drift. */
  private newsJump(untilMs: number): number {
    let jump = 0
    while (this.nextNews.news.publishedAtMs < untilMs) {
      const { direction, jump: size } = this.nextNews
      jump += direction * size
      this.volatility.excite(size)
      if (direction !== 0) {
        this.driftDirection = direction
        this.driftMinutes = DRIFT_MINUTES
      }
      this.nextNews = this.newsEvents.next().value
    }
    return jump
  }

  private drift(): number {
    if (this.driftMinutes === 0) return 0
    this.driftMinutes -= 1
    return this.driftDirection * DRIFT_A_MINUTE
  }

  private isHalted(): boolean {
    if (this.haltMinutes === 0 && this.random.uniform() < HALT_SHARE)
      this.haltMinutes = 20 + Math.floor(100 * this.random.uniform())
    if (this.haltMinutes === 0) return false
    this.haltMinutes -= 1
    return true
  }
}

const toTick = (price: number): number => Math.round(price * TICKS_PER_POINT) / TICKS_PER_POINT

/** Highest and lowest point of a Brownian path between two known ends (each exact on its own). */
function extremes(
  from: number,
  to: number,
  deviation: number,
  uniforms: readonly [number, number],
): [number, number] {
  const half = (uniform: number) =>
    Math.sqrt((to - from) ** 2 - 2 * deviation ** 2 * Math.log(uniform)) / 2
  const middle = (from + to) / 2
  return [middle + half(uniforms[0]), middle - half(uniforms[1])]
}
