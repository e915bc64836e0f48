// Generated from openapi.json (sha256 642b0541b767eeab6724f6a622f4963036388bc93e941725cc5b10fdb28a319b). Not edited by hand.
/** What an e-mail address looks like, as the server judges it. */
export const emailPattern = /^[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/
