// Generated from openapi.json (sha256 48a6ad1d3ecf2ea88b762f4acc77562742511fc3dab478113228e7f66e6c456c). Not edited by hand.
/** What a right can allow on a menu or tab. */
export const verbs = ["visible","view","create","edit","delete"] as const
/** The levels of the scope mask. */
export const levels = ["account","enterprise","workstream"] as const
/** The menus with their tabs. A restricted tab inherits flags only from a menu that gives all of them. */
export const menus = [
  {"menu":"dashboard","level":"account","tabs":["summary"],"restrictedTabs":[]},
  {"menu":"overview","level":"account","tabs":["accounts","provisioning","audit","account-audit"],"restrictedTabs":["account-audit"]},
  {"menu":"account-settings","level":"account","tabs":["account","enterprises","licenses","workstreams"],"restrictedTabs":[]},
  {"menu":"access-control","level":"enterprise","tabs":["users","groups","roles"],"restrictedTabs":[]},
  {"menu":"security","level":"enterprise","tabs":["credentials","connectors","connections","sso"],"restrictedTabs":[]},
  {"menu":"pipelines","level":"workstream","tabs":["pipelines"],"restrictedTabs":[]},
  {"menu":"builds","level":"workstream","tabs":["builds","agents","infrastructure","applications"],"restrictedTabs":[]},
] as const
/** The bit of the scope mask that allows a verb on a level. */
export const maskBits = {
  account: {"visible":1,"view":2,"create":4,"edit":8,"delete":16},
  enterprise: {"visible":32,"view":64,"create":128,"edit":256,"delete":512},
  workstream: {"visible":1024,"view":2048,"create":4096,"edit":8192,"delete":16384},
} as const
/** The scope mask with every bit set. */
export const wholeMask = 32767
