// Runs Medusa's subscriber, its file as it is, with a shop of a few records.
//
// The clock is the test's: a pause ends when a line on stdin says so. Lines are JSON. In:
// {"event": NAME, "data": {…}}; {"resume": SECONDS}, which ends the oldest pause of that length;
// {"echo": ANY}, which is printed.
// Out: {"is_off": BOOLEAN} first, then {"read": ID}, {"warn": TEXT} and {"pause": SECONDS}.
const Module = require("node:module")
const timers = require("node:timers/promises")
const { createInterface } = require("node:readline")

const pauses = []
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

timers.setTimeout = (milliseconds) => {
  const seconds = milliseconds / 1000
  say({ pause: seconds })
  return new Promise((resume) => pauses.push({ seconds, resume }))
}

// The first reads of a record fail, as many as its id says: of bad_2_A, two.
const failures = {}
function record(kind, id) {
  say({ read: id })
  failures[id] ??= Number(id.match(/^bad_(\d+)/)?.[1] || 0)
  if (failures[id]-- > 0) throw new Error(`no ${kind} can be made of ${id}`)
  return kind === "order" ? { id, customer_id: `customer_of_${id}` } : { id }
}

const workflow = () => ({
  run: async ({ input }) => ({ result: { rows: [record("order", input.variables.filters.id)] } }),
})
const container = {
  resolve: (name) =>
    name === "logger"
      ? { warn: (text) => say({ warn: text }) }
      : { graph: async ({ entity, filters }) => ({ data: [record(entity, filters.id)] }) },
}

const libraries = {
  "@medusajs/framework/utils": {
    defineFileConfig: ({ isDisabled }) => say({ is_off: isDisabled() }),
  },
  "@medusajs/medusa/core-flows": { getOrdersListWorkflow: workflow },
}
const load = Module._load
Module._load = (name, ...rest) => libraries[name] || load(name, ...rest)

const subscriber = require(process.argv[2]).default
createInterface({ input: process.stdin }).on("line", (line) => {
  const { event, data, echo, resume } = JSON.parse(line)
  if (echo) say({ echo })
  else if (event) subscriber({ event: { name: event, data }, container })
  else pauses.splice(pauses.findIndex((one) => one.seconds === resume), 1)[0].resume()
})
