// Generated from openapi.json (sha256 75d0a134ac9a630fb86d5d29f2cfe2d0a899ab79790594de0b512e6585cb9b2c). Not edited by hand.
/** What an e-mail address looks like, as the server judges it. */
export const emailPattern = /^[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/
