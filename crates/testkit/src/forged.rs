//! Forged and misused tokens: each made from good ones, and each to be refused.

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    rand::SystemRandom,
    rsa::{KeySize, PublicKeyComponents},
    signature::{
        KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use plane::identity::keys::StoredKey;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

/// What the forger has got hold of: good tokens of a living session, and what anybody can read.
pub struct Specimens<'a> {
    pub access: &'a str,
    pub id: &'a str,
    pub refresh: &'a str,
    pub jwks: &'a Value,
    /// The provider's own key: for tokens that are signed as they should be, and are refused for what they say.
    pub signer: &'a StoredKey,
    pub now: Timestamp,
    /// A server of the forger's, which nobody may ask for keys.
    pub elsewhere: &'a str,
}

/// One token, and what is wrong with it.
#[derive(Debug)]
pub struct Forged {
    pub name: String,
    pub token: String,
}

/// All of them: some 250, and each of the first 256 bits of the signature flipped.
pub fn forged_tokens(specimens: &Specimens<'_>) -> Vec<Forged> {
    let forge = Forge::new(specimens);
    let mut all = Vec::new();
    forge.algorithms(&mut all);
    forge.confused_keys(&mut all);
    forge.key_names(&mut all);
    forge.foreign_keys(&mut all);
    forge.headers(&mut all);
    forge.claims(&mut all);
    forge.times(&mut all);
    forge.shapes(&mut all);
    forge.texts(&mut all);
    forge.flips(&mut all);
    all
}

struct Forge<'a> {
    specimens: &'a Specimens<'a>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    own: RsaKeyPair,
    theirs: RsaKeyPair,
}

type All = Vec<Forged>;

fn add(all: &mut All, name: impl Into<String>, token: impl Into<String>) {
    all.push(Forged { name: name.into(), token: token.into() });
}

fn part(value: &Map<String, Value>) -> String {
    b64(serde_json::to_vec(value).expect("JSON has a text"))
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn object(part: &str) -> Map<String, Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("the specimen is base64url");
    serde_json::from_slice(&bytes).expect("the specimen is JSON")
}

fn sign(key: &RsaKeyPair, encoding: &'static dyn RsaEncoding, message: &str) -> String {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("an RSA key signs");
    format!("{message}.{}", b64(signature))
}

impl<'a> Forge<'a> {
    fn new(specimens: &'a Specimens<'a>) -> Self {
        let mut parts = specimens.access.split('.');
        let (header, claims) = (object(parts.next().expect("a header")), object(parts.next().expect("claims")));
        let theirs = RsaKeyPair::from_pkcs8(specimens.signer.pkcs8.expose_secret()).expect("the provider's key");
        let own = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        Self { specimens, header, claims, own, theirs }
    }

    fn header_with(&self, changes: &[(&str, Value)]) -> Map<String, Value> {
        with(&self.header, changes)
    }

    /// Signed by the provider's key, as if the provider had made it.
    fn genuine(&self, header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
        sign(&self.theirs, &RSA_PKCS1_SHA256, &format!("{}.{}", part(header), part(claims)))
    }

    /// Signed by the forger's key.
    fn own(&self, header: &Map<String, Value>) -> String {
        sign(&self.own, &RSA_PKCS1_SHA256, &format!("{}.{}", part(header), part(&self.claims)))
    }

    fn algorithms(&self, all: &mut All) {
        let claims = part(&self.claims);
        let signature = self.specimens.access.rsplit('.').next().expect("a signature");
        for alg in ["none", "None", "NONE", "nOnE", "", "none ", "\u{0}none"] {
            let header = part(&self.header_with(&[("alg", alg.into())]));
            add(all, format!("alg {alg:?}, unsigned"), format!("{header}.{claims}."));
            add(all, format!("alg {alg:?}, signature left"), format!("{header}.{claims}.{signature}"));
            add(all, format!("alg {alg:?}, two parts"), format!("{header}.{claims}"));
            let genuine = self.genuine(&self.header_with(&[("alg", alg.into())]), &self.claims);
            add(all, format!("alg {alg:?}, signed RS256"), genuine);
        }
        for (alg, encoding) in [
            ("RS384", &RSA_PKCS1_SHA384 as &'static dyn RsaEncoding),
            ("RS512", &RSA_PKCS1_SHA512),
            ("PS256", &RSA_PSS_SHA256),
        ] {
            let header = part(&self.header_with(&[("alg", alg.into())]));
            add(all, format!("{alg} by our own key"), sign(&self.theirs, encoding, &format!("{header}.{claims}")));
        }
        for alg in ["rs256", "RS256 ", "ES256", "EdDSA", "HS256", "RS256\u{0}"] {
            let header = self.header_with(&[("alg", alg.into())]);
            add(all, format!("alg {alg:?} over an RS256 signature"), self.genuine(&header, &self.claims));
        }
        let mut header = self.header.clone();
        header.remove("alg");
        add(all, "no alg", self.genuine(&header, &self.claims));
        for alg in [json!(["RS256"]), json!(null), json!({ "alg": "RS256" }), json!(256)] {
            add(all, format!("alg is {alg}"), self.genuine(&self.header_with(&[("alg", alg)]), &self.claims));
        }
    }

    /// The public key, used as the secret of a HMAC.
    fn confused_keys(&self, all: &mut All) {
        let public = self.theirs.public_key();
        let components: PublicKeyComponents<Vec<u8>> = public.into();
        let spki = AsDer::as_der(public).expect("a public key has an encoding").as_ref().to_vec();
        let pem = |line_end: &str| {
            let text = STANDARD.encode(&spki);
            let lines: Vec<&str> =
                text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64 is ASCII")).collect();
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----{line_end}", lines.join("\n"))
        };
        let jwk = &self.specimens.jwks["keys"][0];
        let secrets: Vec<(&str, Vec<u8>)> = vec![
            ("PEM", pem("\n").into_bytes()),
            ("PEM without a last line end", pem("").into_bytes()),
            ("SPKI DER", spki.clone()),
            ("PKCS#1 DER", public.as_ref().to_vec()),
            ("JWK", jwk.to_string().into_bytes()),
            ("JWKS", self.specimens.jwks.to_string().into_bytes()),
            ("modulus", components.n),
            ("modulus in base64url", jwk["n"].as_str().unwrap_or_default().as_bytes().to_vec()),
            ("kid", jwk["kid"].as_str().unwrap_or_default().as_bytes().to_vec()),
            ("empty secret", Vec::new()),
            ("word", b"secret".to_vec()),
        ];
        for (name, secret) in secrets {
            for (alg, algorithm) in
                [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
            {
                let message = format!("{}.{}", part(&self.header_with(&[("alg", alg.into())])), part(&self.claims));
                let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), message.as_bytes());
                add(all, format!("{alg} by the {name}"), format!("{message}.{}", b64(tag)));
            }
        }
    }

    fn key_names(&self, all: &mut All) {
        add(all, "another key under our kid", self.own(&self.header));
        let names = [
            "unknown".to_owned(),
            String::new(),
            "../../../../dev/null".into(),
            "/proc/self/environ".into(),
            "x' UNION SELECT 'secret' --".into(),
            "x'; DROP TABLE keys; --".into(),
            "\u{0}".into(),
            format!("{}\u{0}", self.specimens.signer.kid),
            format!("{} ", self.specimens.signer.kid),
            self.specimens.signer.kid.to_lowercase(),
            "k".repeat(10 * 1024),
            self.specimens.elsewhere.into(),
            "| touch /tmp/forged".into(),
        ];
        for kid in names {
            let name: String = kid.chars().take(40).collect();
            let header = self.header_with(&[("kid", kid.into())]);
            add(all, format!("kid {name:?}, another key"), self.own(&header));
            add(all, format!("kid {name:?}, our own key"), self.genuine(&header, &self.claims));
        }
        let mut header = self.header.clone();
        header.remove("kid");
        add(all, "no kid, another key", self.own(&header));
        add(all, "no kid, our own key", self.genuine(&header, &self.claims));
        for kid in [json!(0), json!(null), json!([self.specimens.signer.kid]), json!(true)] {
            add(all, format!("kid is {kid}"), self.genuine(&self.header_with(&[("kid", kid)]), &self.claims));
        }
    }

    /// Headers that bring a key along, or say where to fetch one.
    fn foreign_keys(&self, all: &mut All) {
        let components: PublicKeyComponents<Vec<u8>> = self.own.public_key().into();
        let jwk = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "mine",
            "n": b64(&components.n), "e": b64(&components.e) });
        let certificate = STANDARD.encode(self.own.public_key().as_ref());
        let carried: Vec<(&str, Value)> = vec![
            ("jku", format!("{}/jwks.json", self.specimens.elsewhere).into()),
            ("x5u", format!("{}/chain.pem", self.specimens.elsewhere).into()),
            ("jwk", jwk),
            ("x5c", json!([certificate])),
            ("x5t", "AAAAAAAAAAAAAAAAAAAAAAAAAAA".into()),
            ("x5t#S256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()),
        ];
        for (field, value) in carried {
            let mine = self.header_with(&[(field, value.clone()), ("kid", "mine".into())]);
            add(all, format!("{field}, another key"), self.own(&mine));
            let ours = self.header_with(&[(field, value)]);
            add(all, format!("{field}, another key under our kid"), self.own(&ours));
            add(all, format!("{field}, our own key"), self.genuine(&ours, &self.claims));
        }
    }

    fn headers(&self, all: &mut All) {
        for (field, value) in [
            ("crit", json!(["exp"])),
            ("crit", json!([])),
            ("crit", json!(["b64"])),
            ("b64", json!(false)),
            ("zip", json!("DEF")),
            ("enc", json!("A256GCM")),
            ("cty", json!("JWT")),
            ("typ", json!("at+jwt")),
            ("typ", json!("JWE")),
            ("typ", json!(7)),
            ("url", json!(self.specimens.elsewhere)),
            ("nonce", json!("x")),
        ] {
            let name = format!("header {field} = {value}");
            add(all, name, self.genuine(&self.header_with(&[(field, value)]), &self.claims));
        }
        let kid = &self.specimens.signer.kid;
        for (name, header) in [
            ("alg twice", format!(r#"{{"alg":"none","alg":"RS256","kid":"{kid}"}}"#)),
            ("kid twice", format!(r#"{{"alg":"RS256","kid":"x","kid":"{kid}"}}"#)),
            ("alg in another case too", format!(r#"{{"alg":"RS256","ALG":"none","kid":"{kid}"}}"#)),
            ("a header with a tail", format!(r#"{{"alg":"RS256","kid":"{kid}"}}{{}}"#)),
            ("a header with a byte order mark", format!("\u{feff}{{\"alg\":\"RS256\",\"kid\":\"{kid}\"}}")),
            ("a header that is no object", r#""RS256""#.to_owned()),
            ("a header that is empty", String::new()),
        ] {
            let message = format!("{}.{}", b64(header), part(&self.claims));
            add(all, name, sign(&self.theirs, &RSA_PKCS1_SHA256, &message));
        }
        let deep = format!("{}{}", "[".repeat(2000), "]".repeat(2000));
        add(all, "a header nested deeply", sign(&self.theirs, &RSA_PKCS1_SHA256, &format!("{}.e30", b64(deep))));
    }

    fn claims(&self, all: &mut All) {
        let issuer = self.claims["iss"].as_str().unwrap_or_default();
        let client = self.claims["client_id"].as_str().unwrap_or_default();
        let changes: Vec<(&str, Value)> = vec![
            ("iss", "https://elsewhere.example".into()),
            ("iss", format!("{issuer}/").into()),
            ("iss", format!("{issuer}.elsewhere.example").into()),
            ("iss", json!([issuer])),
            ("iss", issuer.to_uppercase().into()),
            ("client_id", "another".into()),
            ("client_id", json!([client])),
            ("client_id", "".into()),
            ("client_id", json!(null)),
            ("aud", client.into()),
            ("aud", "another".into()),
            ("aud", json!([client, "another"])),
            ("token_use", "id".into()),
            ("token_use", "refresh".into()),
            ("token_use", "Access".into()),
            ("token_use", json!(["access"])),
            ("token_use", json!(null)),
            ("sub", "admin".into()),
            ("sub", json!(null)),
            ("sub", "00000000-0000-0000-0000-000000000000".into()),
            ("sub", self.claims["sub"].as_str().unwrap_or_default().to_uppercase().into()),
            ("sid", "00000000-0000-0000-0000-000000000000".into()),
            ("sid", json!(null)),
            ("admin", json!(true)),
            ("scope", json!("*")),
        ];
        for (claim, value) in changes {
            let name = format!("claim {claim} = {value}");
            add(all, name, self.genuine(&self.header, &with(&self.claims, &[(claim, value)])));
        }
        for claim in ["iss", "client_id", "token_use", "sub", "sid", "exp", "iat", "nbf", "jti"] {
            let mut claims = self.claims.clone();
            claims.remove(claim);
            add(all, format!("no claim {claim}"), self.genuine(&self.header, &claims));
        }
        let whole = serde_json::to_string(&self.claims).expect("JSON has a text");
        for claim in self.claims.keys() {
            let first = format!("{{{}:{},{}", json!(claim), self.claims[claim], &whole[1..]);
            let message = format!("{}.{}", part(&self.header), b64(first));
            add(all, format!("claim {claim} twice"), sign(&self.theirs, &RSA_PKCS1_SHA256, &message));
        }
    }

    fn times(&self, all: &mut All) {
        let now = self.specimens.now.as_second();
        let changes: Vec<(&str, Value)> = vec![
            ("exp", now.into()),
            ("exp", (now - 1).into()),
            ("exp", (now - 86_400).into()),
            ("exp", 0.into()),
            ("exp", (-1).into()),
            ("exp", (now + 600).to_string().into()),
            ("exp", json!(1e300)),
            ("exp", json!(253_402_300_800.5)),
            ("exp", json!(u64::MAX)),
            ("exp", json!(i64::MAX)),
            ("exp", json!(null)),
            ("exp", json!([now + 600])),
            ("exp", ((now + 600) * 1000).into()),
            ("nbf", (now + 61).into()),
            ("nbf", (now + 86_400).into()),
            ("nbf", now.to_string().into()),
            ("iat", (now + 61).into()),
            ("iat", (now + 86_400).into()),
            ("iat", json!(true)),
        ];
        for (claim, value) in changes {
            let name = format!("claim {claim} = {value}");
            add(all, name, self.genuine(&self.header, &with(&self.claims, &[(claim, value)])));
        }
    }

    fn shapes(&self, all: &mut All) {
        let Specimens { access, id, refresh, .. } = *self.specimens;
        let parts: Vec<&str> = access.split('.').collect();
        let [header, claims, signature] = parts[..] else { return };
        let id_parts: Vec<&str> = id.split('.').collect();
        add(all, "the id token", id);
        add(all, "the refresh token", refresh);
        add(all, "no signature", format!("{header}.{claims}."));
        add(all, "two parts", format!("{header}.{claims}"));
        add(all, "one part", header);
        add(all, "four parts", format!("{access}.{signature}"));
        add(all, "five parts", format!("{header}..{claims}.{signature}.x"));
        add(all, "nothing but dots", "..");
        add(all, "nothing", "");
        add(all, "the signature of another token", format!("{header}.{claims}.{}", id_parts[2]));
        add(all, "the claims of another token", format!("{header}.{}.{signature}", id_parts[1]));
        for kept in [1, 2, 43, 171, 340, 341] {
            add(
                all,
                format!("{kept} characters of the signature"),
                format!("{header}.{claims}.{}", &signature[..kept]),
            );
        }
        add(all, "a longer signature", format!("{access}AAAA"));
        add(all, "a signature of zeros", format!("{header}.{claims}.{}", b64([0; 256])));
        add(all, "a signature of one byte", format!("{header}.{claims}.{}", b64([0])));
        let mut message = self.claims.clone();
        message.insert("sub".into(), "00000000-0000-0000-0000-000000000001".into());
        add(all, "another subject under the old signature", format!("{header}.{}.{signature}", part(&message)));
        let nested = format!("{}.{}", part(&self.header_with(&[("cty", "JWT".into())])), b64(access));
        add(all, "a token in a token", sign(&self.theirs, &RSA_PKCS1_SHA256, &nested));
        let nested = format!("{header}.{}", b64(access));
        add(all, "a token in a token, plain header", sign(&self.theirs, &RSA_PKCS1_SHA256, &nested));
        for claims in ["", "null", "[]", "{}", "\"access\"", "{\"sub\":"] {
            let message = format!("{header}.{}", b64(claims));
            add(all, format!("claims {claims:?}"), sign(&self.theirs, &RSA_PKCS1_SHA256, &message));
        }
        let message = format!("{header}.{}", b64([0xff, 0xfe, 0x00]));
        add(all, "claims that are no text", sign(&self.theirs, &RSA_PKCS1_SHA256, &message));
    }

    /// The same token in other spellings, and far too much of it.
    fn texts(&self, all: &mut All) {
        let access = self.specimens.access;
        let parts: Vec<&str> = access.split('.').collect();
        let [header, claims, signature] = parts[..] else { return };
        for (name, token) in [
            ("a space before", format!(" {access}")),
            ("a space after", format!("{access} ")),
            ("a line end after", format!("{access}\n")),
            ("a NUL after", format!("{access}\u{0}")),
            ("the scheme before", format!("Bearer {access}")),
            ("quotes", format!("\"{access}\"")),
            ("a comma and itself", format!("{access},{access}")),
            ("a line end within", format!("{header}.\n{claims}.{signature}")),
            ("padding", format!("{header}.{claims}.{signature}==")),
            ("upper case", access.to_uppercase()),
        ] {
            add(all, name, token);
        }
        let bytes = URL_SAFE_NO_PAD.decode(signature).expect("the specimen is base64url");
        if URL_SAFE.encode(&bytes) != signature {
            add(all, "a padded signature", format!("{header}.{claims}.{}", URL_SAFE.encode(&bytes)));
        }
        if STANDARD.encode(&bytes).contains(['+', '/']) {
            let plain = STANDARD.encode(&bytes);
            add(all, "the other base64", format!("{header}.{claims}.{}", plain.trim_end_matches('=')));
        }
        // 256 bytes leave four bits of the last character idle: another character decodes to the same bytes.
        let (rest, last) = signature.split_at(signature.len() - 1);
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let place = alphabet.iter().position(|letter| last.as_bytes() == [*letter]).expect("a base64url letter");
        add(all, "idle bits set", format!("{header}.{claims}.{rest}{}", char::from(alphabet[place ^ 1])));
        let padded = with(&self.claims, &[("jti", "x".repeat(8 * 1024).into())]);
        add(all, "more than 8 kB, signed", self.genuine(&self.header, &padded));
        add(all, "1 MB of one part", "A".repeat(1024 * 1024));
        add(all, "1 MB of dots", ".".repeat(1024 * 1024));
        let padded = with(&self.claims, &[("jti", "x".repeat(1024 * 1024).into())]);
        add(all, "1 MB, signed", self.genuine(&self.header, &padded));
    }

    fn flips(&self, all: &mut All) {
        let (message, signature) = self.specimens.access.rsplit_once('.').expect("a signature");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("the specimen is base64url");
        for bit in 0..256 {
            let mut flipped = signature.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            add(all, format!("bit {bit} of the signature flipped"), format!("{message}.{}", b64(flipped)));
        }
    }
}

fn with(object: &Map<String, Value>, changes: &[(&str, Value)]) -> Map<String, Value> {
    let mut changed = object.clone();
    for (field, value) in changes {
        changed.insert((*field).to_owned(), value.clone());
    }
    changed
}
