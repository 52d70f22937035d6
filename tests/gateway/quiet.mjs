// Imported first: wechaty reads its log level when it is loaded, and standard output belongs to the control channel.
process.noDeprecation = true
process.env.WECHATY_LOG = 'silent'
console.log = console.info = console.debug = (...words) => console.error(...words)
