// Generated from openapi.json (sha256 5eeb0daff85f4807a54fcb88e8b0b6beb310ad75e17c467b7b96a7b1265b3e19). Not edited by hand.
/** What an e-mail address looks like, as the server judges it. */
export const emailPattern = /^[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+)*@[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]([^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]{0,61}[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f])?(\.[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]([^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]{0,61}[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f])?)+$/
