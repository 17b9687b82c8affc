// SPDX-License-Identifier: Apache-2.0
// Tokens of the usual kinds, by OpenZeppelin; ours is only that the test may hand them out.
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

contract Coin is ERC20("Coin", "COIN") {
    constructor() {
        _mint(msg.sender, 10 ** 24);
    }
}

contract Badge is ERC721("Badge", "BADGE") {
    function give(address to, uint256 id) external {
        _mint(to, id);
    }
}

contract Items is ERC1155("") {
    function give(address to, uint256 id, uint256 count) external {
        _mint(to, id, count, "");
    }
}
