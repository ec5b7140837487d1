import { isJsonRecord, type Json, numberAt, textAt } from './json.ts'
import {
  type Answer,
  answer,
  badRequest,
  type Call,
  matchesName,
  notFound,
  operation,
  page,
  refuse,
} from './operation.ts'
import type { DataTable } from './state.ts'

const tables = '/api/v2/flows/datatables'
const view = ['architect:datatable:view', 'architect:datatableRow:view']

export const tableOperations = [
  operation(`GET ${tables}`, ['architect:datatable:view'], (call) => {
    const found = [...call.config.tables.values()].filter(({ name }) => matchesName(call, name))
    return page(call, found.map(showTable))
  }),
  operation(`GET ${tables}/{datatableId}`, ['architect:datatable:view'], (call) =>
    withTable(call, (table) => answer(showTable(table))),
  ),
  operation(`GET ${tables}/{datatableId}/rows`, view, (call) =>
    withTable(call, ({ rows }) => page(call, [...rows.values()])),
  ),
  operation(
    `POST ${tables}/{datatableId}/rows`,
    ['architect:datatable:add', 'architect:datatableRow:add'],
    (call) =>
      withTable(call, (table) => {
        const key = textAt(call.body, 'KEY')
        if (!key) return badRequest('KEY required')
        if (table.rows.has(key))
          return refuse(409, 'flows.datatables.duplicate', `row ${key} exists`)
        return writeRow(call, table, key)
      }),
  ),
  operation(`GET ${tables}/{datatableId}/rows/{rowId}`, view, (call) =>
    withRow(call, (table, key) => answer(table.rows.get(key) ?? {})),
  ),
  operation(
    `PUT ${tables}/{datatableId}/rows/{rowId}`,
    ['architect:datatable:edit', 'architect:datatableRow:edit'],
    (call) => withRow(call, (table, key) => writeRow(call, table, key)),
  ),
  operation(
    `DELETE ${tables}/{datatableId}/rows/{rowId}`,
    ['architect:datatable:delete', 'architect:datatableRow:delete'],
    (call) =>
      withRow(call, (table, key) => {
        table.rows.delete(key)
        return { status: 204 }
      }),
  ),
]

function showTable(table: DataTable): Json {
  return {
    id: table.id,
    name: table.name,
    schema: {
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'object',
      required: ['KEY'],
      properties: {
        KEY: { title: 'site', type: 'string', $id: '/properties/KEY' },
        boundary: { title: 'boundary', type: 'integer' },
        salt: { title: 'salt', type: 'string' },
        policyVersion: { title: 'policyVersion', type: 'integer' },
        epoch: { title: 'epoch', type: 'integer' },
      },
      additionalProperties: false,
    },
    selfUri: `${tables}/${table.id}`,
  }
}

/** The platform refuses rows that don't fit the table's columns. */
function writeRow({ body }: Call, { rows }: DataTable, key: string): Answer {
  if (!isJsonRecord(body) || body['KEY'] !== key) return badRequest(`KEY must be ${key}`)
  for (const [column, value] of Object.entries(body)) {
    if (!fits(column, value)) {
      return refuse(400, 'flows.datatables.schema.exception', `${column} doesn't fit its column`)
    }
  }
  const boundary = numberAt(body, 'boundary') ?? 0
  const row = { KEY: key, boundary, salt: '', policyVersion: 0, epoch: 0, ...body }
  rows.set(key, row)
  return answer(row)
}

function fits(column: string, value: Json): boolean {
  if (column === 'KEY' || column === 'salt') return typeof value === 'string'
  const isNumber = ['boundary', 'policyVersion', 'epoch'].includes(column)
  return isNumber && Number.isInteger(value)
}

function withTable(call: Call, use: (table: DataTable) => Answer): Answer {
  const id = call.params['datatableId'] ?? ''
  const table = call.config.tables.get(id)
  return table === undefined ? notFound(`data table ${id}`) : use(table)
}

function withRow(call: Call, use: (table: DataTable, key: string) => Answer): Answer {
  return withTable(call, (table) => {
    const key = call.params['rowId'] ?? ''
    return table.rows.has(key) ? use(table, key) : notFound(`row ${key} of ${table.name}`)
  })
}
