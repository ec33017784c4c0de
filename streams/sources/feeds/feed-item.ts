/** What a feed says of one article, in one shape for all formats, all texts plain. */
export interface FeedItem {
  readonly guid: string | undefined
  /** As written, perhaps relative. */
  readonly link: string | undefined
  /** Empty where there is none. */
  readonly title: string
  /** Empty where there is none. */
  readonly body: string
  readonly author: string | undefined
  readonly publishedAtMs: number | undefined
  readonly language: string | undefined
  /** Publisher, where the feed is a collection of several. */
  readonly publisher: string | undefined
}

/** An item whose texts are not read yet: of a feed of many thousands only the newest are. */
export interface UnreadItem {
  readonly publishedAtMs: number | undefined
  readonly read: () => FeedItem
}

/** What the four formats have in common. */
export interface UnreadFeed {
  /** Of the site, to tell an article's link from one that is only the way home. */
  readonly homeLink: string | undefined
  /** For how long nothing new is to be expected, ms. */
  readonly ttlMs: number | undefined
  readonly items: readonly UnreadItem[]
}
