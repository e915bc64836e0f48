// Generated from openapi.json (sha256 48a6ad1d3ecf2ea88b762f4acc77562742511fc3dab478113228e7f66e6c456c). Not edited by hand.
/** What an e-mail address looks like, as the server judges it. */
export const emailPattern = /^[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+)*@[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]([^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]{0,61}[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f])?(\.[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]([^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]{0,61}[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f])?)+$/
