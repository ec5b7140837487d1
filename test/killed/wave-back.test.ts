import { describeKilled } from '../support/killed-wave.ts'

await describeKilled('reno, forward and all the way back', {
  wave: 'reno',
  faults: ['crm-failing:reno@50'],
  ends: 'back',
})
