// Forms with data-passkey ask an authenticator, and are sent with what it answers. Without this script, or without WebAuthn, they stay
// hidden: https://www.w3.org/TR/webauthn-3/
(() => {
  "use strict"
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0))
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer ?? [])))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")

  const made = async form => {
    const d = form.dataset
    const { id, response } = await navigator.credentials.create({ publicKey: {
      challenge: bytes(d.challenge), rp: { id: d.host, name: "Opsbook" },
      user: { id: bytes(d.user), name: d.name, displayName: d.label },
      pubKeyCredParams: [-7, -8, -257].map(alg => ({ type: "public-key", alg })),
      excludeCredentials: d.known.split(" ").filter(Boolean).map(known => ({ type: "public-key", id: bytes(known) })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" }, attestation: "none",
    } })
    return { credential: id, client: text(response.clientDataJSON), authenticator: text(response.getAuthenticatorData()),
      key: text(response.getPublicKey()) }
  }

  const signed = async form => {
    const { id, response } = await navigator.credentials.get({ publicKey: {
      challenge: bytes(form.dataset.challenge), rpId: form.dataset.host, userVerification: "required",
    } })
    return { credential: id, client: text(response.clientDataJSON), authenticator: text(response.authenticatorData),
      signature: text(response.signature), user: text(response.userHandle) }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential || !window.isSecureContext) continue
    form.hidden = false
    document.querySelectorAll("[data-without-passkeys]").forEach(e => { e.hidden = true })
    form.addEventListener("submit", async event => {
      event.preventDefault()
      const said = form.querySelector("[role=alert]")
      said.hidden = true
      try {
        const answer = await (form.dataset.passkey === "make" ? made : signed)(form)
        for (const [name, value] of Object.entries(answer)) form.elements[name].value = value
        form.submit() // without this event
      } catch (error) {
        said.textContent = error.name === "InvalidStateError"
          ? "This authenticator has a passkey of yours already. Nothing was done."
          : "The authenticator did not answer, or was declined. Nothing was done: try again."
        said.hidden = false
      }
    })
  }
})()
