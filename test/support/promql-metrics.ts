/** The metrics a PromQL expression asks for, by the grammar of Prometheus itself. */
import { parser } from '@prometheus-io/lezer-promql'

/** @throws if it is not PromQL; `$__rate_interval` and other variables of boards must be replaced before */
export function metricNamesOf(expression: string): string[] {
  const names: string[] = []
  parser.parse(expression).iterate({
    enter(node) {
      const text = expression.slice(node.from, node.to)
      if (node.type.isError) throw new Error(`Not PromQL at ${node.from}: ${expression}`)
      if (node.name !== 'VectorSelector') return
      const name = node.node.getChild('Identifier')
      if (name === null) throw new Error(`A selector without a name: ${text}`)
      names.push(expression.slice(name.from, name.to))
    },
  })
  return names
}
