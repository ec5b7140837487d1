import { ChangeoverError } from '../../kernel/errors.ts'

/**
 * The file is no packet capture that can be read: neither pcap nor pcapng.
 *
 * To do: save the capture as pcap or pcapng; `editcap <file> <new file>` of Wireshark converts other formats.
 */
export class CaptureFormatError extends ChangeoverError {
  readonly code = 'capture.unreadable-format'
  readonly remedy = 'operator'
}
