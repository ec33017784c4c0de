import { describe, expect, it } from 'vitest'
import { boostRounds, PATIENCE_ROUNDS } from './boosting-loop.ts'
import type { RoundReport } from './model-trainer.ts'

/** Steps whose validation losses are given; the last one goes on for ever. */
const steps = (losses: readonly number[], finishedAt = Infinity) => ({
  update: (round: number) => round >= finishedAt,
  losses: (round: number) => ({
    train: 1 / round,
    validation: losses[round - 1] ?? losses.at(-1)!,
  }),
})

describe('boostRounds', () => {
  it('keeps the first of the best rounds and waits so long for a better one', async () => {
    const { kept, curve, pruned } = await boostRounds(steps([3, 2, 1, 1, 4]), {
      rounds: 1_000,
      hasValidation: true,
    })
    expect([kept, curve.length, pruned]).toEqual([3, 3 + PATIENCE_ROUNDS, false])
    expect(curve[4]).toEqual({ round: 5, trainLoss: 0.2, validationLoss: 4, bestLoss: 1 })
  })

  it('keeps every round without validation, but none that added no tree', async () => {
    const options = { rounds: 10, hasValidation: false }
    expect(await boostRounds(steps([NaN]), options)).toMatchObject({ kept: 10, pruned: false })
    expect(await boostRounds(steps([NaN], 7), options)).toMatchObject({ kept: 6 })
    expect(await boostRounds(steps([NaN], 1), options)).toMatchObject({ kept: 1 })
  })

  it('stops where it is told to, with the best round so far', async () => {
    const seen: RoundReport[] = []
    const { kept, pruned } = await boostRounds(steps([2, 1, 3]), {
      rounds: 10,
      hasValidation: true,
      onRound: (report) => {
        seen.push(report)
        return report.round === 3 ? 'stop' : 'continue'
      },
    })
    expect([kept, pruned, seen.length]).toEqual([2, true, 3])
  })

  it('lets others work between two rounds', async () => {
    let turns = 0
    const ticking = setInterval(() => (turns += 1), 0)
    await boostRounds(
      {
        ...steps([NaN]),
        update: () => {
          const until = performance.now() + 2
          while (performance.now() < until);
          return false
        },
      },
      { rounds: 20, hasValidation: false },
    )
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(0)
  })
})
