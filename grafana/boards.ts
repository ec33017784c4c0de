/** All boards, as the files Grafana is provisioned with. */
import { driftBoard } from './boards/drift.ts'
import { marketBoard } from './boards/market.ts'
import { modelsBoard } from './boards/models.ts'
import { pipelineBoard } from './boards/pipeline.ts'
import { servingBoard } from './boards/serving.ts'
import { systemBoard } from './boards/system.ts'
import { boardJson } from './panel-kit.ts'

const BOARDS = [
  marketBoard,
  modelsBoard,
  driftBoard,
  pipelineBoard,
  servingBoard,
  systemBoard,
] as const

/** File names in grafana/dashboards and their text. */
export const boardFiles = (): ReadonlyMap<string, string> =>
  new Map(BOARDS.map((board) => [`${board.name}.json`, boardJson(board)]))
