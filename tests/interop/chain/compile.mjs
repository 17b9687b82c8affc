// Compiles Tokens.sol: {"Coin": {"code": "0x…", "selectors": {"transfer(address,uint256)": "a9059cbb"}}, …}
import fs from 'node:fs'
import solc from 'solc'

const read = (name) => fs.readFileSync(new URL(name, import.meta.url), 'utf8')
const input = {
  language: 'Solidity',
  sources: { 'Tokens.sol': { content: read('Tokens.sol') } },
  settings: { evmVersion: 'cancun', optimizer: { enabled: true }, outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.methodIdentifiers'] } } },
}
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (path) => ({ contents: read(`node_modules/${path}`) }) }))
const broken = (output.errors ?? []).filter((error) => error.severity === 'error')
if (broken.length > 0) throw new Error(broken.map((error) => error.formattedMessage).join('\n'))
const compiled = Object.entries(output.contracts['Tokens.sol'])
const made = compiled.map(([name, { evm }]) => [name, { code: `0x${evm.bytecode.object}`, selectors: evm.methodIdentifiers }])
console.log(JSON.stringify(Object.fromEntries(made)))
