import { expect, it } from 'vitest'
import { testProof } from '../../test/support/test-page.ts'
import { ProofBoard } from './proof-board.ts'

it('says of all four kinds that they were never shown until they are', () => {
  const board = new ProofBoard()
  expect(board.list().map(({ proof, state }) => [proof, state])).toEqual([
    ['replay', 'never'],
    ['skew', 'never'],
    ['lookahead', 'never'],
    ['duplicates', 'never'],
  ])
})

it('keeps the newest of each scope, and the gravest state speaks for the kind', () => {
  const board = new ProofBoard()
  board.take(testProof({ scope: 'SPY', state: 'failed', different: 1 }))
  board.take(testProof({ scope: 'all' }))
  expect(board.list()[0]).toMatchObject({
    state: 'failed',
    scopes: [{ scope: 'all' }, { scope: 'SPY' }],
  })
  board.take(testProof({ scope: 'SPY', state: 'running' }))
  expect(board.list()[0]).toMatchObject({ state: 'running' })
  board.take(testProof({ scope: 'SPY' }))
  expect(board.list()[0]).toMatchObject({ state: 'passed', scopes: [{}, { different: 0 }] })
})

it('forgets a proof that was taken back', () => {
  const board = new ProofBoard()
  board.take(testProof({ scope: 'SPY', state: 'running' }))
  board.takeBack('replay/SPY')
  expect(board.list()[0]).toEqual({ proof: 'replay', state: 'never', scopes: [] })
})
