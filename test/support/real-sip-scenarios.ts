/*
 * What SIPp plays: gateways that serve OPTIONS and any number of calls, and one caller. The texts are
 * SIPp's own format; `[…]` in them is filled in by SIPp.
 */

const echoed = `[last_Via:]
[last_From:]
[last_To:];tag=[pid]SIPp[call_number]
[last_Call-ID:]
[last_CSeq:]`

const plain = (first: string, headers: string) => `<![CDATA[
${first}
${headers}
Content-Length: 0

]]>`

/** Writes `offered call-id caller number` when a call comes and `ended call-id` when it is hung up. */
const noteOffer = `<action>
<ereg regexp="[^ ].*" search_in="hdr" header="Call-ID:" assign_to="callId"/>
<ereg regexp="sip:([^@;]*)@" search_in="hdr" header="From:" assign_to="fromUri,from"/>
<ereg regexp="sip:([^@;]*)@" search_in="hdr" header="To:" assign_to="toUri,to"/>
<log message="offered [$callId] [$from] [$to]"/>
</action>`

/** A gateway that names itself in every answer, rings, answers with G.711 A-law and waits to be hung up on. */
export function gatewayScenario({
  server,
  host,
}: {
  readonly server: string
  readonly host: string
}) {
  const identity = `Contact: <sip:gateway@${host}:[local_port];transport=[transport]>
Server: ${server}`
  return `<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="${server}">
<recv request="OPTIONS" optional="true" next="options"/>
<recv request="INVITE" rrs="true">${noteOffer}</recv>
<Reference variables="fromUri,toUri"/>
<send>${plain('SIP/2.0 180 Ringing', `${echoed}\n[last_Record-Route:]\n${identity}`)}</send>
<pause milliseconds="100"/>
<send retrans="500"><![CDATA[
SIP/2.0 200 OK
${echoed}
[last_Record-Route:]
${identity}
Content-Type: application/sdp
Content-Length: [len]

v=0
o=gateway 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio 40000 RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv request="ACK"/>
<recv request="BYE"><action><log message="ended [$callId]"/></action></recv>
<send next="over">${plain(
    'SIP/2.0 200 OK',
    '[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]',
  )}</send>
<label id="options"/>
<send>${plain('SIP/2.0 200 OK', `${echoed}\n${identity}`)}</send>
<label id="over"/>
</scenario>
`
}

const fromCaller = 'From: <sip:+12125550123@[local_ip]:[local_port]>;tag=[pid]a[call_number]'

const inDialog = (method: string, sequence: number) =>
  plain(
    `${method} [next_url] SIP/2.0`,
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
${fromCaller}
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: ${sequence} ${method}
Max-Forwards: 70`,
  )

/** A caller who talks for as long as SIPp's `-d` says, then hangs up. Exit 0 only when all of it went well. */
export const callerScenario = `<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="caller">
<send retrans="500">${plain(
  'INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0',
  `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
${fromCaller}
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70`,
)}</send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rrs="true"/>
<send>${inDialog('ACK', 1)}</send>
<pause/>
<send retrans="500">${inDialog('BYE', 2)}</send>
<recv response="200"/>
</scenario>
`
