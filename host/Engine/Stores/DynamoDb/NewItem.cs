using System.Text;
using Amazon.DynamoDBv2.Model;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>A row that is to be created, checked for what the table and its indexes refuse.</summary>
internal static class NewItem
{
    /// <summary>DynamoDB's limit of a partition key.</summary>
    private const int MaxIdBytes = 2048;

    /// <summary>The attributes that are keys of an index, and the one type that each has to be of where it is there.</summary>
    private static readonly Dictionary<string, RowValueKind> IndexKeys = new(StringComparer.Ordinal)
    {
        [JobAttributes.Status] = RowValueKind.S,
        [JobAttributes.CreatedAt] = RowValueKind.S,
        [JobAttributes.ConversationId] = RowValueKind.S,
        [JobAttributes.JobType] = RowValueKind.S,
        [JobAttributes.Priority] = RowValueKind.N,
        [JobAttributes.WorkerId] = RowValueKind.S,
    };

    /// <exception cref="InvalidRowException">The row has no key, or a value that the table cannot hold.</exception>
    public static Dictionary<string, AttributeValue> Of(JobRow row)
    {
        if (row.Raw(JobAttributes.JobId) is not { Kind: RowValueKind.S, Text: { Length: > 0 } id })
        {
            throw new InvalidRowException("The row has no 'job_id', or one that is no text. Give it a text of at least one character.");
        }

        var bytes = Encoding.UTF8.GetByteCount(id);
        return bytes <= MaxIdBytes
            ? Of(row.Attributes)
            : throw new InvalidRowException($"The row's 'job_id' has {bytes} bytes; at most {MaxIdBytes} can be a key. Give a shorter one.");
    }

    /// <exception cref="InvalidRowException">A value is one that the table or an index cannot hold.</exception>
    public static Dictionary<string, AttributeValue> Of(IReadOnlyDictionary<string, RowValue> attributes)
    {
        var item = new Dictionary<string, AttributeValue>(attributes.Count, StringComparer.Ordinal);
        foreach (var (name, value) in attributes)
        {
            if (IndexKeys.TryGetValue(name, out var kind) && (value.Kind != kind || value.Text.Length == 0))
            {
                throw new InvalidRowException(
                    $"Attribute '{name}' cannot be stored: it is the key of an index, which takes only {(kind == RowValueKind.S ? "a text of at least one character" : "a number")}. Leave it out, or give one.");
            }

            item.Add(name, AttributeValues.FromRowValue(name, value));
        }

        return item;
    }

    /// <summary>Whether a stored row is what was given, which the table may write in another way: numbers without idle zeros, maps and sets in another order.</summary>
    public static bool Holds(JobRow stored, JobRow given) =>
        stored.Attributes.Count == given.Attributes.Count
        && given.Attributes.All(attribute => stored.Attributes.TryGetValue(attribute.Key, out var value)
            && value.Kind == attribute.Value.Kind
            && (value.Kind != RowValueKind.S || value.Text == attribute.Value.Text));
}
