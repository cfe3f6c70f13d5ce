// Puts and reads items with the AWS SDK for JavaScript, as the server of an existing deployment does: node items.cjs ENDPOINT.
// Standard input holds one JSON line a request, standard output one JSON line an answer, in the same order:
//
//   {"put": ITEM, "table": NAME, "client": "low-level"}   the item as it is in DynamoDB's JSON; answers {}
//   {"put": ITEM, "table": NAME, "client": "document"}    the same item through the document client, as JavaScript's own values; answers {}
//   {"scan": true, "table": NAME}                         answers {"items": [ITEM, ...]}, all pages of them
'use strict';

const { DynamoDBClient, PutItemCommand, paginateScan } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, PutCommand } = require('@aws-sdk/lib-dynamodb');
const { unmarshall } = require('@aws-sdk/util-dynamodb');
const readline = require('node:readline');

const client = new DynamoDBClient({
  endpoint: process.argv[2],
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
const documents = DynamoDBDocumentClient.from(client);

async function answer(request) {
  if (request.scan) {
    const items = [];
    for await (const page of paginateScan({ client }, { TableName: request.table, ConsistentRead: true })) items.push(...page.Items);
    return { items };
  }

  if (request.client === 'document') {
    // JavaScript's numbers lose digits; the client's own wrapper keeps the text.
    await documents.send(new PutCommand({ TableName: request.table, Item: unmarshall(request.put, { wrapNumbers: true }) }));
  } else {
    await client.send(new PutItemCommand({ TableName: request.table, Item: request.put }));
  }

  return {};
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
