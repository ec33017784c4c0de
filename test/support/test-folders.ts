/** How the folders of test stacks are called, and the file in them that says whose they are. */
export const PREFIX = 'candlewire-test-'
export const OWNER = 'owner.json'
